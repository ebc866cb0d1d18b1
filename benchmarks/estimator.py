"""Time of one estimate once everything is loaded: `python benchmarks/estimator.py`."""

from __future__ import annotations

import dataclasses
import statistics
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from ratio import seconds

from bitline.hardware import Chip
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import load_model


def enough(chip_name: str, model_name: str) -> Chip:
    """Give a chip with tiles and memory enough for a model of billions of weights."""
    chip = load_chip(chip_name)
    engines = {
        name: dataclasses.replace(engine, hierarchy=dataclasses.replace(engine.hierarchy, tiles=100_000))
        if getattr(engine, "resident", False)
        else engine
        for name, engine in chip.engines.items()
    }
    memories = {
        name: dataclasses.replace(memory, capacity_bytes=1000 * memory.capacity_bytes)
        for name, memory in chip.memories.items()
    }
    name = f"{chip_name}, enlarged for {model_name}"
    return dataclasses.replace(chip, name=name, engines=engines, memories=memories)


SYSTEMS = (
    ("h100", "llama-2-7b"), ("h100@8", "llama-2-70b"), ("neupims", "llama-2-7b"), ("cent", "llama-2-7b"),
    ("attacc", "llama-2-7b"), ("pim-gpt", "gpt2-xl"), ("cambricon-llm-l", "llama-2-70b"), ("accllm", "llama-2-7b"),
    ("transpim", "gpt2-medium"), ("xformer", "llama-2-7b"),
)  # fmt: skip
"""Chips and a model for each; a model of no more than 1,024 positions makes 900 tokens."""


def main() -> None:
    """Print milliseconds a call: the same again, another prompt each time, another chip each time."""
    table = Table(title="2,048 tokens after a prompt of 512 (GPT-2: 900 after 16), ms a call")
    headings = ("chip", "model", "first", "the same again", "new prompt", "new chip")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in headings[:2] else "right")
    for chip_name, model_name in SYSTEMS:
        model = load_model(model_name)
        chip = enough(chip_name, model_name) if chip_name == "xformer" else load_chip(chip_name)
        prompt, generate = (512, 2048) if not model_name.startswith("gpt2") else (16, 900)
        request = Request(prompt=prompt, generate=generate)
        others = [dataclasses.replace(chip, name=f"{chip.name} {number}") for number in range(100)]
        prompts = [Request(prompt=prompt + number, generate=generate) for number in range(1, 101)]
        times = (
            seconds(lambda model=model, chip=chip, request=request: estimate(model, chip, request)),
            median(lambda _, model=model, chip=chip, request=request: estimate(model, chip, request), range(100)),
            median(lambda asked, model=model, chip=chip: estimate(model, chip, asked), prompts),
            median(lambda other, model=model, request=request: estimate(model, other, request), others),
        )
        table.add_row(chip_name, model_name, *(f"{time * 1e3:.2f}" for time in times))
    Console().print(table)


def median(action: Callable[[Any], object], subjects: Iterable[Any]) -> float:
    """Give the median time of the action over the subjects."""
    return statistics.median(seconds(lambda one=one: action(one)) for one in subjects)


if __name__ == "__main__":
    main()
