"""A macro alone: one unit of an engine at work on full rows and columns, vector after vector.

This is what circuit papers print: operations per second, per joule and per area of the array with its drivers and
converters, without the chip around it. Numbers in the description may be numpy arrays (see `sweep`); then all
results are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from bitline.costs.technology import joined
from bitline.engines.sizes import at_least
from bitline.errors import ConfigError, not_one_of
from bitline.hardware import Chip
from bitline.hardware.activity import USUAL, Activity
from bitline.hardware.engine import Engine, Part, Use
from bitline.hardware.figure import Figure
from bitline.operators import MatMul, Size, Stationary


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """What one unit does with one input vector, and what it takes."""

    engine: str
    ops: Size
    """Per vector: a multiply-accumulate is two."""
    seconds: Size
    """Per vector, parts overlapping: the slowest sets the pace."""
    energy_j: Mapping[str, Figure]
    """Per vector, by part; what leaks is not in it, as papers on macros do not say whether it is in theirs."""
    area_m2: Mapping[str, Figure]
    """By part."""
    leakage_w: Figure
    """Of all the parts, whether they work or not."""

    @property
    def ops_per_s(self) -> Size:
        """At full rows and columns."""
        return self.ops / self.seconds

    @property
    def vector_j(self) -> Figure:
        """Energy of a vector; low and high as if all parts erred to the same side."""
        return joined("all parts of the macro", *self.energy_j.values())

    @property
    def ops_per_j(self) -> Figure:
        """Operations per joule (TOPS/W are 1e12 of them); the low end is that of the high energy."""
        return _per(self.ops, self.vector_j)

    @property
    def m2(self) -> Figure:
        """Area of all parts."""
        return joined("all parts of the macro", *self.area_m2.values())

    @property
    def ops_per_s_m2(self) -> Figure:
        """Operations per second and square metre (TOPS/mm2 are 1e18 of them)."""
        return _per(self.ops_per_s, self.m2)


def macro(chip: Chip, engine: str | None = None, *, parts: Sequence[str] = (), activity: Activity = USUAL) -> Macro:
    """Work out one unit of an engine (the first that has units, if not named) alone.

    `parts` says which count; by default those that papers on macros count, as the engine's kind names them.

    Raises:
        ConfigError: no such engine or part, or an engine whose weights are not held in units.

    """
    name, unit = unit_of(chip, engine)
    shape = unit.unit_shape
    assert shape is not None
    priced = {part.name: part for part in unit.parts_in_use(chip, activity)}
    for part in parts:
        if part not in priced:
            raise not_one_of(f"part of engine {name}", part, tuple(priced))
    counted = {part: priced[part] for part in (parts or unit.macro_parts) if part in priced}
    k, n = shape
    uses = unit.work(MatMul(name="full", role="full", vectors=1, k=k, n=n, stationary=_held(unit))).stream
    seconds = _slowest(uses, priced)
    energy = {part: counted[part].energy_j.times(uses[part].total) for part in counted if part in uses}
    shares = {part: _instances(one, unit) for part, one in counted.items()}
    leaks = [one.leakage_w.times(shares[part]) for part, one in counted.items()]
    area = {part: one.area_m2.times(shares[part]) for part, one in counted.items()}
    return Macro(
        engine=name, ops=2 * k * n, seconds=seconds, energy_j=energy, area_m2=area,
        leakage_w=joined("leakage of all parts", *leaks),
    )  # fmt: skip


def unit_of(chip: Chip, engine: str | None) -> tuple[str, Engine]:
    """Give an engine that holds matrices in units, the first of the chip if none is named, and its name."""
    if engine is not None and engine not in chip.engines:
        raise not_one_of("engine", engine, tuple(chip.engines), chip.name)
    able = [name for name, one in chip.engines.items() if one.unit_shape is not None]
    if not able:
        raise ConfigError(f"{chip.name}: none of its engines holds matrices in units of its own, so it has no macro.")
    if engine is not None and engine not in able:
        raise not_one_of("engine that holds matrices in units", engine, able, chip.name)
    name = engine or able[0]
    return name, chip.engines[name]


def _held(unit: Engine) -> Stationary:
    probe = MatMul(name="full", role="full", vectors=1, k=1, n=1)
    return "weight" if unit.runs(probe) else "cache"


def _slowest(uses: Mapping[str, Use], priced: Mapping[str, Part]) -> Size:
    slowest: Size = 0.0
    for part, use in uses.items():
        if not part.startswith("memory."):
            slowest = at_least(use.serial * priced[part].latency_s.typical, slowest)
    return slowest


def _instances(part: Part, unit: Engine) -> Size:
    return part.instances / unit.units


def _per(amount: Size, figure: Figure) -> Figure:
    low = figure.typical if figure.low is None else figure.low
    high = figure.typical if figure.high is None else figure.high
    return Figure(amount / figure.typical, figure.source, figure.origin, amount / high, amount / low)
