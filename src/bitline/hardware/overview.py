"""What a chip is at a glance: capacity, arrays, peak, area and power by part, and where its numbers are from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from bitline.hardware.array import WeightFormat
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine, Part
from bitline.hardware.provenance import Fact, Tally, facts, tally
from bitline.operators import MatMul

PRECISIONS = (4, 8, 16)
"""Weight widths, in bits, for which capacity is told besides the engine's own."""
MANY = 2**16
"""Outputs of a matrix so wide that how its last unit is filled does not matter."""
SHARED = "memory."
"""How the names of parts begin that engines share."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PartShare:
    """All instances of one part."""

    name: str
    instances: int
    area_m2: float
    energy_j: float
    """Of one use; of a memory, of one bit read."""
    busy_w: float
    """Drawn while every instance works without pause."""
    leakage_w: float
    source: str
    """Of the energy of one use."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOverview:
    """One engine."""

    name: str
    kind: str
    arrays: int
    """Places that hold stationary matrices; 0 if weights stream from a memory."""
    weights_by_bits: Mapping[int, int]
    """Weights it can hold at each width."""
    peak_operations_per_s: float
    """Dense, two operations per multiply-accumulate."""
    parts: tuple[PartShare, ...]
    """Its own; memories are shared by the whole chip."""

    @property
    def area_m2(self) -> float:
        """Of its own parts."""
        return sum(part.area_m2 for part in self.parts)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ChipOverview:
    """The whole chip."""

    name: str
    summary: str
    engines: tuple[EngineOverview, ...]
    memories: tuple[PartShare, ...]
    """Those that an engine uses, each once."""
    facts: tuple[Fact, ...]
    tally: Tally

    @property
    def area_m2(self) -> float:
        """Of all engines and memories; links have none of their own unless a timeline prices them."""
        engines = sum(engine.area_m2 for engine in self.engines)
        return engines + sum(memory.area_m2 for memory in self.memories)


def overview_of(chip: Chip) -> ChipOverview:
    """Gather what a chip is."""
    given = facts(chip)
    parts = {name: engine.parts(chip) for name, engine in chip.engines.items()}
    memories = {part.name: part for found in parts.values() for part in found if _is_memory(part)}
    return ChipOverview(
        name=chip.name,
        summary=chip.summary,
        engines=tuple(_engine(name, chip, parts[name]) for name in chip.engines),
        memories=tuple(map(_share, memories.values())),
        facts=given,
        tally=tally(given),
    )


def _is_memory(part: Part) -> bool:
    """Say whether a part is a whole memory, not what is written to one."""
    return part.name.startswith(SHARED) and part.name.count(".") == 1


def weights_held(engine: Engine) -> int:
    """Count the weights that fit at the engine's own precision, in matrices that fill whole units."""
    if not engine.units:
        return 0
    rows = _most(engine, 1, lambda k: (k, 1))
    # Enough outputs for any number of slices of one weight, so that no unit is left half empty.
    wide = _claim(engine, rows, MANY)
    return int(engine.units / wide * rows * _most(engine, wide, lambda n: (rows, n)))


def _most(engine: Engine, units: float, shape: Callable[[int], tuple[int, int]]) -> int:
    """Give the largest size whose matrix claims no more than so many units, or than one of size 1 does."""
    room = max(units, _claim(engine, *shape(1)))
    return bisect_left(range(1, MANY**2), True, key=lambda size: _claim(engine, *shape(size)) > room)


def _claim(engine: Engine, k: int, n: int) -> float:
    return float(np.asarray(engine.claim(MatMul(name="probe", role="probe", vectors=1, k=k, n=n))))


def _engine(name: str, chip: Chip, parts: tuple[Part, ...]) -> EngineOverview:
    engine = chip.engines[name]
    return EngineOverview(
        name=name,
        kind=engine.kind,
        arrays=engine.units,
        weights_by_bits={bits: weights_held(variant) for bits, variant in _variants(engine).items()},
        peak_operations_per_s=2 * engine.peak_macs_per_s(chip),
        parts=tuple(_share(part) for part in parts if not part.name.startswith(SHARED)),
    )


def _variants(engine: Any) -> Mapping[int, Engine]:
    """Give the engine as it would be at each weight precision."""
    weight = getattr(engine, "weight", None)
    if not isinstance(weight, WeightFormat) or not engine.units:
        return {}
    cell_bits = getattr(getattr(engine, "cell", None), "bits", 1)
    widths = sorted({weight.bits, *(bits for bits in PRECISIONS if bits >= cell_bits)})
    return {bits: replace(engine, weight=replace(weight, bits=bits)) for bits in widths}


def _share(part: Part) -> PartShare:
    uses_per_s = 1 / part.latency_s.typical if part.latency_s.typical > 0 else 0.0
    return PartShare(
        name=part.name,
        instances=part.instances,
        area_m2=part.area_m2.typical * part.instances,
        energy_j=part.energy_j.typical,
        busy_w=part.energy_j.typical * uses_per_s * part.instances,
        leakage_w=part.leakage_w.typical * part.instances,
        source=part.energy_j.source,
    )
