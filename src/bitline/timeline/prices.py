"""What one use of every part costs, worked out once per chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import final

from bitline.errors import ConfigError
from bitline.hardware.activity import Activity
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Part
from bitline.hardware.figure import Figure
from bitline.mapping.identity import Same
from bitline.timeline.link_parts import device_parts, link_parts, memory_parts

KNOWN_CHIPS = 64
SHARED = ("memory.", "link.")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Price:
    """Of one use of a part; told apart by identity."""

    name: str
    """ENGINE.PART, or the part's own name where the whole chip shares it."""
    shared: bool
    latency_s: float
    energy_j: float
    energy_low_j: float
    energy_high_j: float
    holds: str = ""
    """A shared part that is kept busy meanwhile."""


@final
@dataclass(frozen=True, slots=True)
class Span:
    """A quantity with its envelope."""

    low: float
    typical: float
    high: float


@final
@dataclass(frozen=True, slots=True)
class Standing:
    """What a part costs by being there."""

    engine: str
    """Empty for memories and links."""
    instances: int
    area_m2: Span
    """Of all instances."""
    leakage_w: Span
    """Of all instances."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Of all parts of a chip."""

    uses: Mapping[str, Mapping[str, Price]]
    """By engine and part; links stand under every engine."""
    standing: Mapping[str, Standing]
    """By full name, shared parts once."""
    figures: tuple[tuple[str, Figure], ...]
    """Every figure the prices rest on, by full name and field."""
    peak_macs_per_s: Mapping[str, float]
    """By engine."""
    leakage_w: float
    """Of the whole chip."""
    area_m2: float
    """Of the whole chip."""


def prices(chip: Chip, activity: Mapping[str, Activity] | None = None) -> Prices:
    """Price a chip, or give what was worked out for that very value before; `activity` is of data, by engine."""
    return _priced(Same(chip), tuple(sorted((activity or {}).items(), key=lambda item: item[0])))


def full_name(engine: str, part: str) -> str:
    """Name a part within the whole chip."""
    return part if part.startswith(SHARED) else f"{engine}.{part}"


@lru_cache(maxsize=KNOWN_CHIPS)
def _priced(same: Same[Chip], activity: tuple[tuple[str, Activity], ...]) -> Prices:
    chip, busy = same.value, dict(activity)
    links, devices = (*link_parts(chip), *device_parts(chip)), chip.devices
    offered = {
        name: engine.parts_in_use(chip, busy[name]) if name in busy else engine.parts(chip)
        for name, engine in chip.engines.items()
    } | {"": (*links, *memory_parts(chip))}
    standing: dict[str, Standing] = {}
    figures: dict[str, Figure] = {}
    for engine, parts in offered.items():
        for part in parts:
            name = full_name(engine, part.name)
            if name in standing and not part.name.startswith(SHARED):
                raise ConfigError(f"{chip.name}: engine {engine!r} prices part {part.name!r} twice.")
            if name not in standing:
                standing[name] = _standing(engine, part, devices.all)
                figures |= {f"{name}.{field}": figure for field, figure in _figures(part)}
    return Prices(
        uses={
            engine: {part.name: _price(engine, part, devices.together) for part in (*links, *parts)}
            for engine, parts in offered.items()
        },
        standing=standing,
        figures=tuple(figures.items()),
        peak_macs_per_s={name: devices.all * engine.peak_macs_per_s(chip) for name, engine in chip.engines.items()},
        leakage_w=sum(s.leakage_w.typical for s in standing.values()),
        area_m2=sum(s.area_m2.typical for s in standing.values()),
    )


def _price(engine: str, part: Part, together: int) -> Price:
    """Price one use on each of the devices that do the same."""
    energy = part.energy_j if together == 1 else part.energy_j.times(together)
    return Price(
        full_name(engine, part.name),
        part.name.startswith(SHARED),
        part.latency_s.typical,
        energy.typical,
        energy.typical if energy.low is None else energy.low,
        energy.typical if energy.high is None else energy.high,
        part.holds,
    )


def _standing(engine: str, part: Part, devices: int) -> Standing:
    instances = part.instances * devices
    return Standing(
        "" if part.name.startswith(SHARED) else engine,
        instances,
        _span(part.area_m2, instances),
        _span(part.leakage_w, instances),
    )


def _span(figure: Figure, times: float) -> Span:
    low = figure.typical if figure.low is None else figure.low
    high = figure.typical if figure.high is None else figure.high
    return Span(low * times, figure.typical * times, high * times)


def _figures(part: Part) -> tuple[tuple[str, Figure], ...]:
    return (
        ("energy_j", part.energy_j),
        ("latency_s", part.latency_s),
        ("area_m2", part.area_m2),
        ("leakage_w", part.leakage_w),
    )
