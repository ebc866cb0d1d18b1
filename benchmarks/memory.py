"""Memory of a layer on the chip in units of its fp16 weights, by plan: `python benchmarks/memory.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from layers import cases

from bitline.numerics import program

K, N = 768, 3072


def main() -> None:
    """Print programmed bytes over fp16 bytes; the digital weights, which `restore` needs, come on top."""
    table = Table(title=f"Programmed state of a {K} x {N} layer over its fp16 weights")
    table.add_column("plan")
    table.add_column("ratio", justify="right")
    weight = torch.randn(N, K)
    for name, case in cases().items():
        stored = program(weight, case.arithmetic, key=(0,), plan=case.plan).stored_bytes
        table.add_row(name, f"{stored / (2 * weight.numel()):.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
