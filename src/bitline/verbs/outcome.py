"""What an estimate says, as plain frozen values; reports read them and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from bitline.hardware.activity import Activity
from bitline.hardware.chip import Chip
from bitline.hardware.figure import Figure
from bitline.timeline.event import Event
from bitline.timeline.step import Timing
from bitline.verbs.request import Request

PhaseName = Literal["prefill", "decode"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Bottleneck:
    """The part that most time is spent waiting for, and the operator it then works on."""

    part: str
    """ENGINE.PART, `memory.NAME` or `link.NAME`."""
    operator: str
    share_fraction: float
    """Of the time of the phase."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseCost:
    """The prefill, or all decode steps together."""

    name: PhaseName
    steps: int
    time_s: float
    energy_j: float
    """Leakage included."""
    bottleneck: Bottleneck
    timing: Timing
    """The schedule it comes from."""

    @property
    def layer(self) -> str:
        """Name of the block that `events` shows: the one most time goes to."""
        return self.timing.layers[self.timing.longest].name

    @property
    def events(self) -> tuple[Event, ...]:
        """One layer (its first few blocks of tokens where these flow), at the longest context, from time 0."""
        return self.timing.events()


@final
class OperatorCost(NamedTuple):
    """One operator of one block, over all its layers and steps of a phase; with its place."""

    phase: PhaseName
    block: str
    name: str
    role: str
    engine: str
    layers: int
    units: int
    """Arrays held, over all layers and copies; 0 where nothing is held."""
    copies: int
    rewritten_layers: int
    """Layers whose weights are written anew in every step."""
    time_s: float
    """Its own time, had it the chip to itself; operators may overlap."""
    energy_j: float
    """Leakage not included."""
    macs: float
    bottleneck: str
    """ENGINE.PART, `memory.NAME` or `link.NAME`."""


@final
class ComponentCost(NamedTuple):
    """One part of one engine, or a memory or link of the whole chip, over the request."""

    name: str
    """ENGINE.PART, `memory.NAME` or `link.NAME`."""
    engine: str
    """Empty for memories and links."""
    instances: int
    energy_j: float
    """Of its uses; leakage not included."""
    energy_low_j: float
    energy_high_j: float
    leakage_j: float
    leakage_low_j: float
    leakage_high_j: float
    area_m2: float
    """Of all instances."""
    area_low_m2: float
    area_high_m2: float


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCost:
    """One engine over the request."""

    name: str
    kind: str
    area_m2: float
    energy_j: float
    """Leakage included; memories and links not."""
    units: int
    units_used: int
    busy_fraction: float
    """Share of the time it works; where each matrix has units of its own, the mean over all units."""
    macs: float
    peak_macs_per_s: float


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a chip takes for a request. Energy parts add up: components with leakage, or operators plus leakage."""

    model: str
    chip: str
    request: Request
    policy: str

    time_to_first_token_s: float
    """The prefill; for an encoder the whole inference."""
    contexts: NDArray[np.int64]
    """Of the decode steps, shape `[generate - 1]`."""
    time_per_token_s: NDArray[np.float64]
    """Of each decode step (all requests of the batch get a token), shape `[generate - 1]`."""
    mean_time_per_token_s: float
    """Of the decode steps; 0 where there is none."""
    total_s: float

    energy_j: float
    energy_low_j: float
    energy_high_j: float
    leakage_j: float
    """Leakage power of everything on the chip, over the whole time; part of `energy_j`."""
    area_m2: float
    area_low_m2: float
    area_high_m2: float

    macs: float
    peak_ops_per_s: float
    """Dense, two per multiply-accumulate, every engine busy at once."""
    macro_ops_per_j: float
    """Dense operations of this run over the energy of cells, drivers and converters alone; 0 if there are none."""

    phases: tuple[PhaseCost, ...]
    operators: tuple[OperatorCost, ...]
    components: tuple[ComponentCost, ...]
    engines: tuple[EngineCost, ...]
    figures: tuple[tuple[str, Figure], ...]
    """Every price with its source (stated, modelled, assumed or left out as ideal), under ENGINE.PART.energy_j,
    .latency_s, .area_m2 or .leakage_w."""
    assumptions: Mapping[str, str]
    """Of the description, by field."""
    activity: Mapping[str, Activity] = field(default_factory=dict)
    """Of data, by engine, where it was measured; energies are of uniform data elsewhere."""
    description: Chip
    """What was priced; its provenance says where each number is from."""
    held_bytes: Mapping[str, float]
    """Weights, keys and values in each memory, at the longest context."""
    lifetime_s: Mapping[str, float]
    """By engine whose cells wear out: until the mean cell has had its writes, the request repeated for ever."""
    warnings: tuple[str, ...]

    @property
    def tokens_per_s(self) -> float:
        """Output tokens of all requests over the whole time."""
        return self.request.tokens / self.total_s

    @property
    def decode_tokens_per_s(self) -> float:
        """Tokens of all requests over the decode steps alone; 0 where there is none."""
        return self.request.batch / self.mean_time_per_token_s if self.mean_time_per_token_s else 0.0

    @property
    def energy_per_token_j(self) -> float:
        """All energy over the output tokens of all requests."""
        return self.energy_j / self.request.tokens

    @property
    def tokens_per_j(self) -> float:
        """Output tokens for each joule."""
        return self.request.tokens / self.energy_j if self.energy_j else float("inf")

    @property
    def tokens_per_j_low(self) -> float:
        """Where every price is at its high end."""
        return self.request.tokens / self.energy_high_j if self.energy_high_j else float("inf")

    @property
    def tokens_per_j_high(self) -> float:
        """Where every price is at its low end."""
        return self.request.tokens / self.energy_low_j if self.energy_low_j else float("inf")

    @property
    def average_power_w(self) -> float:
        """Energy over time."""
        return self.energy_j / self.total_s

    @property
    def leakage_fraction(self) -> float:
        """Share of the energy that leaks."""
        return self.leakage_j / self.energy_j if self.energy_j else 0.0

    @property
    def ops_per_s(self) -> float:
        """Achieved, dense, two per multiply-accumulate."""
        return 2.0 * self.macs / self.total_s

    @property
    def ops_per_j(self) -> float:
        """Of the system: dense operations over all energy."""
        return 2.0 * self.macs / self.energy_j if self.energy_j else float("inf")

    @property
    def bottleneck(self) -> Bottleneck:
        """Of the phase that takes longest."""
        return max(self.phases, key=lambda phase: phase.time_s).bottleneck

    def energy_by_role_j(self) -> dict[str, float]:
        """Add up the operators of each role, leakage last under its own name."""
        total: dict[str, float] = {}
        for operator in self.operators:
            total[operator.role] = total.get(operator.role, 0.0) + operator.energy_j
        return {**total, "leakage": self.leakage_j}
