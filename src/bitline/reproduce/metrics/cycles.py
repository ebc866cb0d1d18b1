"""Clock cycles of one operator on one engine, for designs known by their state machines rather than by a clock."""

from __future__ import annotations

from typing import Literal

from bitline.engines.crossbar import Crossbar
from bitline.errors import not_one_of, wrong_type
from bitline.hardware import Chip
from bitline.operators import Gather, MatMul, Operator, Vector
from bitline.timeline.prices import prices


def product_cycles(
    *, chip: Chip, engine: str, k: int, n: int, clock_hz: float, fill: bool = False,
    stationary: Literal["weight", "cache"] = "weight",
) -> float:  # fmt: skip
    """Multiply a vector with a held matrix `[k, n]`; on request with the step that fills the pipeline."""
    operator = MatMul(name="product", role="product", vectors=1, k=k, n=n, stationary=stationary)
    return _cycles(chip, engine, operator, clock_hz=clock_hz, fill=fill)


def write_cycles(*, chip: Chip, engine: str, values: int, clock_hz: float) -> float:
    """Write so many keys or values beside those that are kept."""
    operator = Gather(name="write", role="kv_write", elements=values)
    return _cycles(chip, engine, operator, clock_hz=clock_hz)


def function_cycles(*, chip: Chip, engine: str, function: str, elements: int, clock_hz: float) -> float:
    """Compute one row of a function."""
    operator = Vector(name=function, role=function, function=function, elements=elements)
    return _cycles(chip, engine, operator, clock_hz=clock_hz)


def load_cycles(*, chip: Chip, engine: str, memory: str, k: int, n: int, clock_hz: float) -> float:
    """Bring the weights of a matrix `[k, n]` from a memory, at its bandwidth."""
    found = chip.engines.get(engine)
    if not isinstance(found, Crossbar):
        raise wrong_type("engine", engine, "the name of a crossbar engine", chip.name)
    if memory not in chip.memories:
        raise not_one_of("memory", memory, chip.memories, chip.name)
    bandwidth = chip.memories[memory].bandwidth_bytes_per_s
    if bandwidth is None:
        raise wrong_type(f"memories.{memory}.bandwidth_bytes_per_s", None, "a rate", chip.name)
    return k * n * found.weight.bits / 8 / bandwidth * clock_hz


def _cycles(chip: Chip, engine: str, operator: Operator, *, clock_hz: float, fill: bool = False) -> float:
    if engine not in chip.engines:
        raise not_one_of("engine", engine, chip.engines, chip.name)
    if not chip.engines[engine].runs(operator):
        raise wrong_type("engine", engine, f"one that runs {operator.role}", chip.name)
    work, priced = chip.engines[engine].work(operator), prices(chip).uses[engine]
    time_s = max(priced[part].latency_s * float(use.serial) for part, use in work.stream.items())
    if fill:
        time_s += sum(priced[part].latency_s * float(use.serial) for part, use in work.setup.items())
    return time_s * clock_hz
