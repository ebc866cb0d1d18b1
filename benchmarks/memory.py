"""Memory of a layer on the chip in units of its fp16 weights, by plan: `python benchmarks/memory.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from layers import CASES, K, N

from bitline.numerics import program


def main() -> None:
    """Print programmed bytes over fp16 bytes; the digital weights, which `restore` needs, come on top."""
    table = Table(title=f"Programmed state of a {K} x {N} layer over its fp16 weights")
    table.add_column("plan")
    table.add_column("ratio", justify="right")
    weight = torch.randn(N, K)
    for name, (arithmetic, plan) in CASES.items():
        stored = program(weight, arithmetic, key=(0,), plan=plan).stored_bytes
        table.add_row(name, f"{stored / (2 * weight.numel()):.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
