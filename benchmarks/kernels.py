"""The compiled kernels of plan `exact` against torch's fp32 product: `python benchmarks/kernels.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from ratio import ratios

from bitline.hardware import InputFormat
from bitline.numerics.plans.fused import CHOICE, Converter, Packed, Readout, Worth, kernel_for

SHAPES = ((768, 3072), (4096, 4096))
BATCHES = (1, 16, 128, 1024)
HEIGHT = 256
SLOW = ("portable", "avx2")
"""Kernels of which larger batches are not timed."""

CASES = {
    "8 one-bit pulses, 4 slices of 2-bit cells": (InputFormat(bits=8), 4, 3),
    "8 one-bit pulses, 4 slices with programming error": (InputFormat(bits=8), 4, 32639),
    "one 8-bit pulse, cells of 8 bits": (InputFormat(bits=8, bits_per_pulse=8, signed="offset"), 1, 127),
    "one 8-bit pulse, 8 bits with programming error": (
        InputFormat(bits=8, bits_per_pulse=8, signed="offset"), 1, 32639,
    ),
}  # fmt: skip
"""Input, slices and the largest level, in steps of what is stored."""


def prepared(case: tuple[InputFormat, int, int], k: int, n: int, kernel: str) -> Readout | None:
    """Pack random cells for a kernel behind an 8-bit converter; None if they are not for it."""
    form, slices, top = case
    draw = torch.Generator().manual_seed(0)
    levels = torch.randint(0 if top < 128 else -top, top + 1, (slices * n, k), generator=draw, dtype=torch.int32)
    low = ((levels + 128) & 255) - 128 if top > 127 else levels
    parts = [low.to(torch.int8), ((levels - low) >> 8).to(torch.int8)][: 2 if top > 127 else 1]
    planes = [[part[:, at : at + HEIGHT].t() for part in parts] for at in range(0, k, HEIGHT)]
    before = os.environ.get(CHOICE, "")
    os.environ[CHOICE] = kernel
    able = kernel_for(planes, form)
    os.environ[CHOICE] = before
    if able != kernel:
        return None
    factor = 255 / (HEIGHT * top * ((1 << form.bits_per_pulse) - 1))
    converter = Converter(factor=factor, low=0.0 if top < 128 else -255.0, high=255.0)
    return Packed(planes, slices, form, kernel).readout(converter, Worth(places=[4.0**at for at in range(slices)]))


def timed(readout: Readout, kernel: str, batch: int, weight: torch.Tensor) -> str:
    """Give a kernel's time over torch's."""
    if kernel in SLOW and batch > 16:
        return ""
    codes = torch.randint(-127, 128, (batch, weight.shape[1]), dtype=torch.int8)
    x = torch.randn(batch, weight.shape[1])
    rounds = 15 if batch < 1024 else 5
    ratio = ratios(lambda: torch.nn.functional.linear(x, weight), lambda: readout.sums(codes), rounds=rounds)
    return f"{ratio[0]:.2f}"


def main() -> None:
    """Print the time of each kernel in units of the fp32 product, and the memory of its cells."""
    try:
        from bitline_kernels import variants
    except ImportError:
        print("bitline-kernels is not installed: make kernels")
        return
    console = Console()
    for (k, n), (name, case) in ((shape, case) for shape in SHAPES for case in CASES.items()):
        weight = torch.randn(n, k)
        ready = {kernel: prepared(case, k, n, kernel) for kernel in variants("")}
        for threads in sorted({1, torch.get_num_threads()}):
            torch.set_num_threads(threads)
            table = Table(title=f"{k} x {n}, {name}: times torch fp32, {threads} thread(s)")
            for title in ("kernel", *(f"batch {batch}" for batch in BATCHES), "bytes a weight"):
                table.add_column(title, justify="right")
            for kernel, readout in ready.items():
                if readout is not None:
                    row = [timed(readout, kernel, batch, weight) for batch in BATCHES]
                    table.add_row(kernel, *row, f"{readout.packed.stored_bytes / weight.numel():.2f}")
            console.print(table)


if __name__ == "__main__":
    main()
