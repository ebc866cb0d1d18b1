"""A 768 x 3072 layer on the chip against torch's fp32 product of the same shape: `python benchmarks/layers.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from ratio import ratios

from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Spread, WeightFormat
from bitline.numerics import program

K, N = 768, 3072
STRAY = Spread(sigma_fraction=0.02)


def description(*, adc: Adc, programming: Spread | None = None, read: Spread | None = None) -> Analog:
    """8-bit weights in 2-bit cells, eight one-bit pulses, 256-row blocks."""
    cell = Cell(technology="reram", bits=2, programming_noise=programming, read_noise=read)
    return Analog(
        weight=WeightFormat(bits=8), input=InputFormat(bits=8), cell=cell, array=Array(rows=256, columns=256), adc=adc
    )


CASES = {
    "fold: programming error": (description(adc=Adc(), programming=STRAY), "fold"),
    "lossless: 10-bit converter": (description(adc=Adc(bits=10)), "lossless"),
    "statistical: 8-bit converter, read noise": (
        description(adc=Adc(bits=8), programming=STRAY, read=STRAY),
        "statistical",
    ),
    "exact: 8-bit converter that clips": (description(adc=Adc(bits=8, range="unit")), "exact"),
    "exact: 8-bit converter over all sums": (description(adc=Adc(bits=8)), "exact"),
    "exact: with programming error and read noise": (
        description(adc=Adc(bits=8), programming=STRAY, read=STRAY),
        "exact",
    ),
}


def main() -> None:
    """Print the time of each plan in units of the fp32 product."""
    weight = torch.randn(N, K)
    matrices = {name: program(weight, arithmetic, key=(0,), plan=plan) for name, (arithmetic, plan) in CASES.items()}
    console = Console()
    for threads in sorted({1, torch.get_num_threads()}):
        torch.set_num_threads(threads)
        table = Table(title=f"{K} x {N} layer, times torch fp32, {threads} thread(s)")
        table.add_column("plan")
        batches = (1, 16, 128, 1024)
        for batch in batches:
            table.add_column(f"batch {batch}", justify="right")
        columns = []
        for batch in batches:
            x = torch.randn(batch, K)
            runs = [lambda m=matrix, x=x: m.multiply(x) for matrix in matrices.values()]
            columns.append(ratios(lambda x=x: torch.nn.functional.linear(x, weight), *runs, rounds=7))
        for name, row in zip(matrices, zip(*columns, strict=True), strict=True):
            table.add_row(name, *(f"{value:.2f}" for value in row))
        console.print(table)


if __name__ == "__main__":
    main()
