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


def main() -> None:
    """Print milliseconds a call: the same again, another prompt each time, another chip each time."""
    model = load_model("llama-2-7b")
    table = Table(title="Llama-2-7B, prompt of 512 and 2,048 tokens, ms a call")
    for heading in ("chip", "first", "the same again", "new prompt", "new chip"):
        table.add_column(heading, justify="left" if heading == "chip" else "right")
    request = Request(prompt=512, generate=2048)
    for chip in (enough("xformer", "llama-2-7b"), load_chip("h100-sxm")):
        others = [dataclasses.replace(chip, name=f"{chip.name} {number}") for number in range(100)]
        prompts = [Request(prompt=512 + number, generate=2048) for number in range(1, 101)]
        times = (
            seconds(lambda chip=chip: estimate(model, chip, request)),
            median(lambda _, chip=chip: estimate(model, chip, request), range(100)),
            median(lambda prompt, chip=chip: estimate(model, chip, prompt), prompts),
            median(lambda other: estimate(model, other, request), others),
        )
        table.add_row(chip.name, *(f"{time * 1e3:.2f}" for time in times))
    Console().print(table)


def median(action: Callable[[Any], object], subjects: Iterable[Any]) -> float:
    """Give the median time of the action over the subjects."""
    return statistics.median(seconds(lambda one=one: action(one)) for one in subjects)


if __name__ == "__main__":
    main()
