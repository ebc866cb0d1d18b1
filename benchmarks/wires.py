"""The one-off solve of arrays with resistive wires against a plain sparse solve: `python benchmarks/wires.py`."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from scipy.sparse.linalg import splu, spsolve

from bitline.numerics.wires import Wires, coarse_conductance, effective_conductance, ladder_conductance
from bitline.numerics.wires.nodal import nodes_of

SIDE, ARRAYS = 256, 16
FOLDS = {"exact": effective_conductance, "coarse": coarse_conductance, "ladder": ladder_conductance}
WIRES = Wires(input_ohm=1.0, output_ohm=1.0)


def one_vector(cells_siemens: np.ndarray, volts: np.ndarray) -> np.ndarray:
    """Solve the nodes of one array for one input vector, as peers do; the whole matrix would take 256 of them."""
    outputs, inputs = cells_siemens.shape
    nodes = nodes_of(WIRES, outputs, inputs)
    matrix = nodes.conductances(cells_siemens).tocsc()
    known = matrix[: nodes.free, nodes.free :] @ np.append(volts, 0.0)
    voltage = np.concatenate((spsolve(matrix[: nodes.free, : nodes.free], -known), volts, [0.0]))
    return (cells_siemens.ravel() * (nodes.crossings.T @ voltage)).reshape(outputs, inputs).sum(1)


def whole_matrix(cells_siemens: np.ndarray) -> np.ndarray:
    """Solve the nodes of one array for every input line in turn with one sparse factorisation."""
    outputs, inputs = cells_siemens.shape
    nodes = nodes_of(WIRES, outputs, inputs)
    matrix = nodes.conductances(cells_siemens).tocsc()
    inside, edge = slice(0, nodes.free), slice(nodes.free, nodes.free + inputs)
    solver = splu(matrix[inside, inside])
    gain = np.empty((outputs, inputs))
    for j in range(inputs):
        voltage = np.zeros(matrix.shape[0])
        voltage[nodes.free + j] = 1.0
        voltage[inside] = solver.solve(-matrix[inside, edge][:, [j]].toarray()[:, 0])
        gain[:, j] = (cells_siemens.ravel() * (nodes.crossings.T @ voltage)).reshape(outputs, inputs).sum(1)
    return gain


def cpu_seconds(action: Callable[[], object], rounds: int) -> float:
    """Give the least CPU time of a few calls."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        action()
        found.append(time.process_time() - start)
    return min(found)


def main() -> None:
    """Print CPU seconds per array, and how far each is from the currents of `spsolve`."""
    cells = 1e-6 + 99e-6 * torch.rand(
        (ARRAYS, SIDE, SIDE), dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    volts = np.random.default_rng(0).uniform(0.0, 0.2, SIDE)
    exact = one_vector(cells[0].numpy(), volts)
    table = Table(title=f"{SIDE} x {SIDE} cells of 1 to 100 uS, 1 ohm per segment, {torch.get_num_threads()} threads")
    for heading in ("what", "CPU s per array", "times faster", "largest error"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    naive = cpu_seconds(lambda: one_vector(cells[0].numpy(), volts), 2)
    start = time.process_time()
    plain = whole_matrix(cells[0].numpy()) @ volts
    ways = [
        ("SciPy splu, whole matrix", time.process_time() - start, plain),
        ("SciPy spsolve, one vector", naive, exact),
    ]
    for name, fold in FOLDS.items():
        for count in (1, ARRAYS):
            taken = cpu_seconds(lambda fold=fold, count=count: fold(cells[:count], WIRES), 3) / count
            current = fold(cells[:1], WIRES)[0].numpy() @ volts
            ways.append((f"{name}, {count} at once" if count > 1 else f"{name}, one array", taken, current))
    for name, taken, current in ways:
        error = np.abs(current - exact).max() / np.abs(exact).max()
        table.add_row(name, f"{taken:.4f}", f"{naive / taken:.1f}", f"{error:.1e}")
    Console().print(table)


if __name__ == "__main__":
    main()
