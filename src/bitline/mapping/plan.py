"""Who runs what, on how many units, in how many copies: the plan holds no seconds and no joules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from bitline.mapping.devices.parts import WHOLE, Parts
from bitline.mapping.devices.stages import Stages
from bitline.operators import Operator, Size


@final
@dataclass(frozen=True, slots=True)
class Move:
    """Values that cross a link before an operator can start."""

    link: str
    """`link.A-B`, after the two places it joins."""
    bits: Size


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One operator of one layer, in its place."""

    operator: Operator
    engine: str
    units: int = 0
    """That hold its matrices, of one layer and one copy."""
    copies: int = 1
    own: bool = False
    """Its units are its own, so it waits for no other operator; otherwise it takes turns on the engine."""
    rewritten: bool = False
    """Its weights are written anew in every step, before it runs."""
    moves: tuple[Move, ...] = ()
    busy_fraction: float = 1.0
    """Share of the devices that do it, as a mean, where some of those that share requests have fewer."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBlock:
    """Identical layers that are placed alike. Layers of one block may fall into several of these."""

    name: str
    seats: tuple[Seat, ...]
    """Each after those it needs."""
    needs: tuple[tuple[int, ...], ...]
    """For each seat the numbers of the seats it waits for."""
    layers: int
    shared: bool = False
    """All layers use the same units."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The weights of one operator on one engine's units, decided once for all steps of a model."""

    block: str
    operator: str
    engine: str
    units: int
    """For one layer and one copy."""
    weights: int
    """Of one layer."""
    layers: int
    """With weights of their own: 1 where all layers share them, 0 where they are another operator's."""
    resident_layers: int
    """The first so many stay; the others are rewritten in every step."""
    copies: int = 1
    home: tuple[str, str] | None = None
    """Block and operator whose units these are, if they are another operator's."""

    @property
    def units_in_all(self) -> int:
        """Units taken for good: of all layers that stay, all copies."""
        return self.units * self.resident_layers * self.copies


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Where all weights of a model stay."""

    on_units: Mapping[tuple[str, str], Holding]
    """By block and operator."""
    room: Mapping[str, int] = field(default_factory=dict)
    """Units that each engine with too few of them keeps free for weights that come and go."""
    memory_values: Mapping[str, Mapping[float, int]] = field(default_factory=dict)
    """Weights and table entries in each memory, by their bits."""
    stages: Mapping[str, Stages] = field(default_factory=dict)
    """How each memory of several stages is filled."""

    def units_used(self, engine: str) -> int:
        """Units of an engine that are taken."""
        held = sum(h.units_in_all for h in self.on_units.values() if h.engine == engine)
        return held + self.room.get(engine, 0)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One step of a model on a chip, or one pass of several that make the step."""

    name: str
    blocks: tuple[PlacedBlock, ...]
    tokens: int
    """Tokens each request puts through."""
    batch: int
    """Requests of one pass."""
    context: Size
    parts: Parts = WHOLE
    """Into how many equal passes the step is parted; the blocks are one device's part of one of them."""
