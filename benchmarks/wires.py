"""The one-off solve of arrays with resistive wires against a plain sparse solve: `python benchmarks/wires.py`."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from scipy.sparse.linalg import splu, spsolve

from bitline.hardware import Cell
from bitline.hardware.wires import WireModel
from bitline.numerics.wires import Wires, effective_conductance, effective_levels
from bitline.numerics.wires.nodal import nodes_of

SIDE, ARRAYS = 256, 16
METHODS = ("exact", "coarse", "ladder")
LAYER = (14, 32)
"""Arrays under and beside each other: a 3584 x 8192 matrix, one cell per weight."""
WIRES = Wires(input_ohm=1.0, output_ohm=1.0)


def one_vector(cells_siemens: np.ndarray, volts: np.ndarray) -> np.ndarray:
    """Solve the nodes of one array for one input vector, as peers do; the whole matrix would take 256 of them."""
    outputs, inputs = cells_siemens.shape
    nodes = nodes_of(WIRES.lines(outputs, inputs), outputs, inputs)
    matrix = nodes.conductances(cells_siemens).tocsc()
    known = matrix[: nodes.free, nodes.free :] @ np.append(volts, 0.0)
    voltage = np.concatenate((spsolve(matrix[: nodes.free, : nodes.free], -known), volts, [0.0]))
    return (cells_siemens.ravel() * (nodes.crossings.T @ voltage)).reshape(outputs, inputs).sum(1)


def whole_matrix(cells_siemens: np.ndarray) -> np.ndarray:
    """Solve the nodes of one array for every input line in turn with one sparse factorisation."""
    outputs, inputs = cells_siemens.shape
    nodes = nodes_of(WIRES.lines(outputs, inputs), outputs, inputs)
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
    Console().print(whole_layer())
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
    for name in METHODS:
        for count in (1, ARRAYS):
            some = (cells if name == "exact" else cells.float())[:count]
            taken = cpu_seconds(lambda name=name, some=some: effective_conductance(some, WIRES, name), 3) / count
            current = effective_conductance(some[:1], WIRES, name)[0].double().numpy() @ volts
            ways.append((f"{name}, {count} at once" if count > 1 else f"{name}, one array", taken, current))
    for name, taken, current in ways:
        error = np.abs(current - exact).max() / np.abs(exact).max()
        table.add_row(name, f"{taken:.4f}", f"{naive / taken:.1f}", f"{error:.1e}")
    Console().print(table)


def whole_layer() -> Table:
    """Fold the levels of one layer, cut into arrays, by the fast methods."""
    arrays = LAYER[0] * LAYER[1]
    levels = torch.empty(arrays, SIDE, SIDE).random_(0, 4, generator=torch.Generator().manual_seed(0))
    cell = Cell(technology="reram", bits=2, g_max_siemens=25e-6, on_off_ratio=20.0)
    table = Table(title=f"One layer of {arrays} arrays, 2-bit cells up to 25 uS, 1 ohm per segment")
    for heading in ("what", "CPU s", "ms per array"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    effective_levels(levels, wires=WireModel(wordline_ohm=1.0, bitline_ohm=1.0), cell=cell)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / levels.nbytes
    for name, bitlines in (("coarse", "separate"), ("coarse", "interleaved"), ("ladder", "separate")):
        wires = WireModel(wordline_ohm=1.0, bitline_ohm=1.0, method=name, bitlines=bitlines)
        given = levels if bitlines == "separate" else levels.reshape(2, arrays // 2, SIDE, SIDE)
        taken = cpu_seconds(lambda given=given, wires=wires: effective_levels(given, wires=wires, cell=cell), 2)
        table.add_row(f"{name}, {bitlines} bitlines", f"{taken:.2f}", f"{1e3 * taken / arrays:.2f}")
    table.caption = f"Memory beside the levels: {grown:.2f} times theirs, the result included"
    return table


if __name__ == "__main__":
    main()
