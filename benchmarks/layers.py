"""One layer on the chip, by every plan, against torch's fp32 product of the same shape and beside aihwkit.

`python benchmarks layers --shape 768x3072 --batches 1,16,128,1024 --threads 1,2 --only exact,lossless`
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent))
from peers import aihwkit_products
from ratio import ratios

from bitline.engines.kinds import engine_kinds
from bitline.hardware import Adc, Analog, Array, Cell, Floating, InputFormat, Integer, Spread, WeightFormat
from bitline.hardware.compression import Compression
from bitline.hardware.document import Document
from bitline.hardware.formats import formats_of
from bitline.hardware.schema import value_of
from bitline.hardware.using import with_parts
from bitline.hardware.wires import WireModel
from bitline.numerics import program
from bitline.numerics.formats.whole_numbers import in_whole_numbers
from bitline.numerics.plans.choice import PlanName
from bitline.numerics.plans.fused import CHOICE

Product = Callable[[Tensor], Tensor]

COMPILED = find_spec("bitline_kernels") is not None
STRAY = Spread(sigma_fraction=0.02)
SLICED = Analog(
    weight=WeightFormat(bits=8), input=InputFormat(bits=8), cell=Cell(technology="reram", bits=2),
    array=Array(rows=256, columns=256), adc=Adc(bits=8),
)  # fmt: skip
"""8-bit weights in 2-bit cells, eight one-bit pulses, 256-row blocks, one 8-bit conversion for each."""
WHOLE = replace(
    SLICED,
    weight=WeightFormat(bits=8, encoding="differential"),
    input=InputFormat(bits=8, bits_per_pulse=8, signed="bipolar"),
    cell=Cell(technology="reram", bits=8),
)
"""An 8-bit DAC in front of pairs of 8-bit cells: one 8-bit conversion for each array."""
PCM = "pcm-hermes"
SMALL = 16
"""Batches up to this are timed more often."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way of computing the layer."""

    arithmetic: Analog | Integer
    plan: PlanName
    target: float
    """At most so many times the fp32 product; at batch 1 the target is `ALONE` or this, whichever is more."""
    kernel: str = ""
    """`torch` to leave compiled kernels aside."""


ALONE = 3.0


def cases() -> dict[str, Case]:
    """Give everything of ours that is timed, by name."""
    sliced, whole = replace(SLICED, adc=Adc()), replace(WHOLE, adc=Adc())
    wires = WireModel(wordline_ohm=1.0, bitline_ohm=1.0)
    wired = replace(
        sliced,
        array=replace(SLICED.array, wires=wires),
        cell=Cell(technology="reram", bits=2, g_max_siemens=25e-6, on_off_ratio=20.0),
    )
    exact = {
        "ideal cells": SLICED,
        "clipping converter": replace(SLICED, adc=Adc(bits=8, range="unit")),
        "programming error": stray(SLICED, programming_noise=STRAY),
    }
    both = {
        f"exact sliced, {name}, {how}": Case(arithmetic=arithmetic, plan="exact", target=target, kernel=kernel)
        for name, arithmetic in exact.items()
        for how, kernel, target in (("torch alone", "torch", 12.0), ("compiled", "", 1.8))[: 2 if COMPILED else 1]
    }
    dac = {
        f"DAC + ADC per array, {name}, {how}": Case(arithmetic=arithmetic, plan="exact", target=2.0, kernel=kernel)
        for name, arithmetic in (("ideal cells", WHOLE), ("programming error", stray(WHOLE, programming_noise=STRAY)))
        for how, kernel in (("torch alone", "torch"), ("compiled", ""))[: 2 if COMPILED else 1]
    }
    return {
        "lossless: 10-bit converter": Case(
            arithmetic=replace(SLICED, adc=Adc(bits=10)), plan="lossless", target=1.1
        ),
        "fold: programming error": Case(arithmetic=stray(sliced, programming_noise=STRAY), plan="fold", target=1.1),
        "fold: wires of 1 ohm a cell, after the solve": Case(arithmetic=wired, plan="fold", target=1.0),
        "fold: fresh read noise": Case(arithmetic=stray(whole, read_noise=STRAY), plan="fold", target=2.5),
        "fold: PCM cells of a published chip, read noise": Case(
            arithmetic=replace(whole, cell=published(PCM)), plan="fold", target=2.5
        ),
        "statistical: programming error, read noise": Case(
            arithmetic=stray(SLICED, programming_noise=STRAY, read_noise=STRAY), plan="statistical", target=1.6
        ),
        **dac,
        "DAC + ADC per array, fresh read noise": Case(
            arithmetic=stray(WHOLE, read_noise=STRAY), plan="exact", target=2.5
        ),
        "DAC + ADC per array, PCM cells, read noise": Case(
            arithmetic=replace(WHOLE, cell=published(PCM)), plan="exact", target=2.5
        ),
        **both,
        "exact sliced, fresh read noise": Case(
            arithmetic=stray(SLICED, read_noise=STRAY), plan="exact", target=12.0
        ),
        **formats(),
    }  # fmt: skip


def formats() -> dict[str, Case]:
    """Give weights that a processor keeps in few bits."""
    groups = Compression(shared_bits=16, shared_by=128)
    kept = {
        "W8A8": formats_of("int8", 8), "W4A16": formats_of("fp16", 16, 4),
        "W4A16, groups of 128": formats_of("fp16", 16, 4, None, groups),
        "W2A16, 2:4, groups of 128": formats_of("fp16", 16, 2, None, replace(groups, kept=2, left_out=2)),
    }  # fmt: skip
    return {
        f"kept in few bits: {name}": Case(
            arithmetic=in_whole_numbers(Floating(formats=one)), plan="auto", target=1.1
        )
        for name, one in kept.items()
    }  # fmt: skip


def stray(arithmetic: Analog, **noise: Spread) -> Analog:
    """Let cells stray."""
    changed: dict[str, Any] = noise
    return replace(arithmetic, cell=replace(arithmetic.cell, **changed))


def published(part: str) -> Cell:
    """Read a cell of the part library."""
    tree = with_parts(Document(tree={"use": part}), Cell, engine_kinds()).tree
    cell, problems = value_of(Cell, {key: value for key, value in tree.items() if key != "provenance"})
    assert not problems
    assert isinstance(cell, Cell)
    return cell


def product_of(case: Case, weight: Tensor) -> Product:
    """Program the layer; which kernel multiplies is settled by a first product."""
    before = os.environ.get(CHOICE)
    os.environ[CHOICE] = case.kernel or (before or "")
    try:
        matrix = program(weight, case.arithmetic, key=(0,), plan=case.plan)
        matrix.multiply(torch.randn(2, weight.shape[1]))
    finally:
        os.environ.pop(CHOICE) if before is None else os.environ.update({CHOICE: before})
    return matrix.multiply


def measured(products: Sequence[Product], weight: Tensor, batch: int, repeats: int) -> list[float]:
    """Give the median ratio of each product, timed in turns with torch's, over a few independent runs."""
    x = torch.randn(batch, weight.shape[1])
    rounds = 15 if batch <= SMALL else 5
    runs = [
        ratios(
            lambda: torch.nn.functional.linear(x, weight),
            *(lambda one=one: one(x) for one in products),
            rounds=rounds,
            calls=20 if batch <= SMALL else 1,
        )
        for _ in range(repeats)
    ]
    return [statistics.median(row) for row in zip(*runs, strict=True)]


def main() -> None:
    """Print the time of every plan in units of the fp32 product, and the target beside it."""
    options = _options()
    k, n = (int(side) for side in options.shape.split("x"))
    weight = torch.randn(n, k)
    chosen = {
        name: case
        for name, case in cases().items()
        if not options.only or any(part in name for part in options.only.split(","))
    }
    ours = {name: product_of(case, weight) for name, case in chosen.items()}
    peers = {} if options.only else aihwkit_products(weight)
    batches = [int(batch) for batch in options.batches.split(",")]
    for threads in [int(count) for count in options.threads.split(",")]:
        torch.set_num_threads(threads)
        table = Table(
            title=f"Inputs {k}, outputs {n}: times torch fp32, {threads} thread(s)",
            caption=f"At batch 1 the target is {ALONE:g}, or what is printed if that is more",
        )
        table.add_column("plan")
        for title in (*(f"batch {batch}" for batch in batches), "target"):
            table.add_column(title, justify="right")
        columns = [measured([*ours.values(), *peers.values()], weight, batch, options.repeats) for batch in batches]
        rows = list(zip(*columns, strict=True))
        for (name, case), row in zip(chosen.items(), rows, strict=False):
            table.add_row(name, *map(_marked, row, batches, [case] * len(row)), f"{case.target:g}")
        for name, row in zip(peers, rows[len(chosen) :], strict=True):
            table.add_row(name, *(f"{ratio:.2f}" for ratio in row), "")
        Console().print(table)
    if not COMPILED:
        print("bitline-kernels is not installed, so plan exact is torch's alone: make kernels")
    if not peers and not options.only:
        print("aihwkit is not installed here, so nothing of it is timed: pip install aihwkit")


def _marked(ratio: float, batch: int, case: Case) -> str:
    missed = ratio > (max(ALONE, case.target) if batch == 1 else case.target)
    return f"[red]{ratio:.2f}[/red]" if missed else f"{ratio:.2f}"


def _options() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="benchmarks layers")
    reader.add_argument("--shape", default="768x3072", help="inputs x outputs")
    reader.add_argument("--batches", default="1,16,128,1024")
    reader.add_argument("--threads", default=",".join(str(each) for each in sorted({1, torch.get_num_threads()})))
    reader.add_argument("--only", default="", help="parts of the names of what is timed")
    reader.add_argument("--repeats", type=int, default=1, help="runs of which the median is taken")
    return reader.parse_args()


if __name__ == "__main__":
    main()
