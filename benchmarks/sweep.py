"""Macros a second in a sweep, and one layer through each of them: `python benchmarks/sweep.py`.

For scale, one 4096 x 4096 layer takes two of the cost tools in use today 0.6 and 1.8 CPU-seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bitline.systems import load_chip
from bitline.verbs.sweep import sweep

WANTED = 100_000
PEERS_S = (0.6, 1.8)
CROSSBAR = {
    "array.rows": [64, 128, 256, 512, 1024], "array.columns": [64, 128, 256, 512], "adc.bits": np.arange(4, 12),
    "cell.bits": [1, 2, 4], "array.active_rows": [8, 16, 32, 64], "technology.node_nm": [7, 14, 22, 28, 45, 65],
    "technology.supply_v": [0.7, 0.8, 0.9],
}  # fmt: skip
DIGITAL = {
    "rows": [32, 64, 128, 256, 512], "columns": [64, 128, 256, 512, 1024], "active_rows": [8, 16, 32, 64],
    "clock_hz": np.linspace(1e8, 1e9, 10), "technology.node_nm": [7, 14, 22, 28, 45, 65],
    "technology.supply_v": [0.7, 0.8, 0.9],
}  # fmt: skip


def cpu_s(action: Callable[[], Any]) -> tuple[float, Any]:
    """Give the CPU time of an action once it is warm, and what it gives."""
    action()
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def main() -> None:
    """Print designs a second for the two kinds of engine."""
    table = Table(title=f"Macros in a sweep (wanted: {WANTED:,} a CPU-second)")
    for heading in ("engine", "designs", "CPU s", "designs a CPU s", "a design, against a layer of peers"):
        table.add_column(heading, justify="left" if heading == "engine" else "right")
    chip = load_chip("default")
    for name, engine, axes in (("crossbar", "weights", CROSSBAR), ("digital_cim", "attention", DIGITAL)):
        took_s, found = cpu_s(lambda engine=engine, axes=axes: sweep(chip, axes, engine=engine))
        each_s = took_s / found.designs
        times = " to ".join(f"{peer / each_s:,.0f}" for peer in PEERS_S)
        table.add_row(name, f"{found.designs:,}", f"{took_s:.3f}", f"{1 / each_s:,.0f}", f"{times} times less")
    Console().print(table)


if __name__ == "__main__":
    main()
