"""Time of one decode step of 512 unequal requests on NeuPIMs, beside its cycle-level simulator: `... batches [TRACE]`.

Every step has lengths of its own, which are packed onto channels anew. Without a trace, inputs and outputs are
exponential with the means of ShareGPT. The simulator's wall times are of one layer of fewer, equal requests; ours are
of the whole model.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bitline.serving import direct, read_trace
from bitline.systems import load_chip
from bitline.workload import load_model
from bitline.workload.mixed import mixed

BATCH, STEPS, LONGEST = 512, 40, 2048
MODELS = {"gpt3-6.7b": (1, 96.8), "gpt3-13b": (1, 173.4)}
"""Requests and seconds of the simulator: 67 and 102 of them processor time, on two shared cores [measured]."""
BATCH_32_S = 84.4
"""The same for 32 requests and the first model."""
TARGET = 100


def main() -> None:
    """Print seconds, and how many times as fast that is."""
    drawn, source = lengths(sys.argv[1] if len(sys.argv) > 1 else None)
    table = Table(title=f"one decode step of {BATCH} requests, {source}")
    for heading in ("model", "first, s", "each further, ms", "simulator, s", "requests", "times as fast"):
        table.add_column(heading, justify="left" if heading == "model" else "right")
    for name, (requests, simulator_s) in MODELS.items():
        first_s, each_s = timed(name, drawn)
        table.add_row(*cells(name, first_s, each_s, simulator_s, requests))
        if name == "gpt3-6.7b":
            table.add_row(*cells(name, first_s, each_s, BATCH_32_S, 32))
    Console().print(table)
    Console().print(f"Target: {TARGET} times as fast.")


def lengths(trace: str | None) -> tuple[NDArray[np.int64], str]:
    """Give what requests look back on, shape `[steps, requests]`: the prompt, and a random part of what is made."""
    chance = np.random.default_rng(0)
    if trace is None:
        prompt, made = (chance.exponential(mean, (STEPS, BATCH)) for mean in (80, 296))
        return np.minimum(2 + prompt + made, LONGEST).astype(np.int64), "lengths drawn"
    found = read_trace(trace)
    taken = chance.integers(0, found.requests, (STEPS, BATCH))
    made = found.generate[taken] * chance.random((STEPS, BATCH))
    return np.minimum(found.prompt[taken] + made + 1, LONGEST).astype(np.int64), found.source


def timed(name: str, drawn: NDArray[np.int64]) -> tuple[float, float]:
    """Give the wall time of the first step, loading included, and the median of the others."""
    start = time.perf_counter()
    placed = direct(load_model(name), load_chip("neupims"))
    seen = []
    for one in drawn:
        placed.cost(mixed(placed.model, one.tolist()))
        seen.append(time.perf_counter() - start)
        start = time.perf_counter()
    return seen[0], statistics.median(seen[1:])


def cells(name: str, first_s: float, each_s: float, simulator_s: float, requests: int) -> tuple[str, ...]:
    """Write one row."""
    return (
        name, f"{first_s:.3f}", f"{1e3 * each_s:.2f}", f"{simulator_s:.1f}", str(requests),
        f"{simulator_s / each_s:,.0f} (first {simulator_s / first_s:,.0f})",
    )  # fmt: skip


if __name__ == "__main__":
    main()
