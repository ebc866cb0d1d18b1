"""Memory of a model while it is put on a chip, over that of its fp16 weights, by plan: `python benchmarks memory`.

`python benchmarks memory --layers 22 --only fold` takes some of the layers of the shape, or some of the plans.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from layers import Case, cases

SHAPE = {
    "vocab_size": 32000, "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 22,
    "num_attention_heads": 32, "num_key_value_heads": 4,
}  # fmt: skip
"""TinyLlama-1.1B: 1.1e9 weights (its published configuration)."""
NAMES = ("lossless", "fold: programming error", "statistical", "DAC + ADC per array, ideal", "exact sliced, ideal")
GIB = 1 << 30


def chosen(part: str) -> Case:
    """Find a case by a part of its name."""
    return next(case for name, case in cases().items() if part in name)


@contextmanager
def peak() -> Iterator[list[int]]:
    """Measure the largest resident memory within, in bytes, appended to what is given."""
    Path("/proc/self/clear_refs").write_text("5")
    found: list[int] = []
    yield found
    found.append(resident("VmHWM"))


def resident(field: str = "VmRSS") -> int:
    """Read a line of this process's status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(f"{field}:")).split()[1])


def one(part: str, layers: int, keep_digital: bool) -> None:
    """Deploy in this process and print memory before, at the peak and after, and that of weights and one layer."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from bitline.engines.crossbar import Crossbar
    from bitline.systems import load_chip
    from bitline.verbs.deploy import deploy

    case = chosen(part)
    with torch.device("meta"):
        model = LlamaForCausalLM(LlamaConfig(**{**SHAPE, "num_hidden_layers": layers})).to(torch.bfloat16)
    bare = resident()
    model.to_empty(device="cpu")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(-0.05, 0.05)
    weights = sum(2 * parameter.numel() for parameter in model.parameters())
    largest = max(2 * parameter.numel() for parameter in model.parameters())
    form = case.arithmetic
    crossbar = Crossbar(cell=form.cell, array=form.array, weight=form.weight, input=form.input, adc=form.adc)
    known = load_chip("default")
    chip = replace(known, engines={**known.engines, "weights": crossbar})
    with peak() as found:
        deploy(model.eval(), chip, plan=case.plan, keep_digital=keep_digital)
    numbers = (weights, largest, found[0] - bare, resident() - bare)
    print(*numbers)


def main() -> None:
    """Measure each plan in a process of its own."""
    reader = argparse.ArgumentParser(prog="benchmarks memory")
    reader.add_argument("--layers", type=int, default=SHAPE["num_hidden_layers"])
    reader.add_argument("--only", default="")
    reader.add_argument("--one", default="", help=argparse.SUPPRESS)
    reader.add_argument("--keep", action="store_true", help="keep the digital weights too")
    options = reader.parse_args()
    if options.one:
        one(options.one, options.layers, options.keep)
        return
    table = Table(
        title=f"Llama of {SHAPE['hidden_size']} channels and {options.layers} layers: GiB, and over its fp16 weights"
    )
    for title in ("plan", "weights", "largest matrix", "peak", "after", "peak less one matrix"):
        table.add_column(title, justify="left" if title == "plan" else "right")
    for name in NAMES:
        if options.only not in name:
            continue
        call = [
            sys.executable,
            __file__,
            "--one",
            name,
            "--layers",
            str(options.layers),
            *(["--keep"] if options.keep else []),
        ]
        said = subprocess.run(call, check=True, capture_output=True, text=True).stdout.split()[-4:]
        weights, largest, most, after = (int(number) for number in said)
        cells = (weights, largest, most, after)
        ratio = (most - largest) / weights
        table.add_row(name, *(f"{cell / GIB:.2f} ({cell / weights:.2f})" for cell in cells), f"{ratio:.2f}")
    table.caption = "Target: the peak, less the fp16 weights of one matrix, at most 1.2 times the fp16 weights"
    Console().print(table)


if __name__ == "__main__":
    main()
