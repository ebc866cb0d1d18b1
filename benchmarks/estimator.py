"""Time of one estimate once everything is loaded: `python benchmarks/estimator.py`."""

from __future__ import annotations

import dataclasses
import statistics
import sys
from pathlib import Path

import numpy as np
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
    """Print milliseconds a call, and how many numpy passes over the 2,048 contexts that is."""
    request = Request(prompt=512, generate=2048)
    model = load_model("llama-2-7b")
    contexts = np.arange(2048, dtype=np.float64)
    table = Table(title="Llama-2-7B, prefill 512 and 2,048 tokens")
    for heading in ("chip", "first call ms", "later calls ms", "numpy passes over the contexts"):
        table.add_column(heading, justify="left" if heading == "chip" else "right")
    for chip in (enough("xformer", "llama-2-7b"), load_chip("h100-sxm")):
        first = seconds(lambda chip=chip: estimate(model, chip, request))
        later = statistics.median(seconds(lambda chip=chip: estimate(model, chip, request)) for _ in range(200))
        one_pass = statistics.median(seconds(lambda: contexts * 1.5) for _ in range(1000))
        table.add_row(chip.name, f"{first * 1e3:.2f}", f"{later * 1e3:.2f}", f"{later / one_pass:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
