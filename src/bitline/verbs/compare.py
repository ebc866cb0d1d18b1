"""One model on many chips, side by side, by one request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from bitline.errors import CapacityError, ConfigError, wrong_type
from bitline.hardware import Chip
from bitline.hardware.provenance import Tally, facts, tally
from bitline.systems import chosen, load_chip
from bitline.verbs.described import beyond, described
from bitline.verbs.estimate import estimate
from bitline.verbs.growth import NONE, Growth, growth
from bitline.verbs.outcome import Estimate
from bitline.verbs.request import Request
from bitline.workload import Model

USUAL_PROMPT = 512
USUAL_GENERATE = 128


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A place that keeps weights, keys or values, and how full the model makes it."""

    name: str
    """Of a memory or an engine."""
    unit: str
    """`bytes` of a memory, `arrays` of an engine."""
    needed: float
    room: float

    @property
    def used_fraction(self) -> float:
        """More than one where the model does not fit."""
        return self.needed / self.room

    @property
    def missing(self) -> float:
        """What is short of holding the model; 0 where it fits."""
        return max(0.0, self.needed - self.room)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One chip of a comparison."""

    description: Chip
    estimate: Estimate | None
    """None where the model cannot run on it."""
    why_not: str
    """By how much it does not fit, or what the chip cannot compute."""
    fullest: Store | None
    """Of the places that keep the model the one with least room to spare; None where that is not one number."""
    rests_on: Tally
    """Numbers of the description, by where they are from."""
    growth: Growth
    """Of the time of a token, at the batch of the request."""

    @property
    def chip(self) -> str:
        """Name of the chip."""
        return self.description.name

    @property
    def utilisation_fraction(self) -> float:
        """Operations per second over the dense peak of the chip; 0 where it does not run."""
        cost = self.estimate
        return cost.ops_per_s / cost.peak_ops_per_s if cost is not None and cost.peak_ops_per_s else 0.0


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A model and a request on several chips, in the order they were named."""

    model: str
    request: Request
    entries: tuple[Entry, ...]
    told: tuple[str, ...] = ()
    """What warns of the request, whatever the chip."""

    @property
    def running(self) -> tuple[tuple[Entry, Estimate], ...]:
        """Chips that run the model, with what it takes."""
        return tuple((one, one.estimate) for one in self.entries if one.estimate is not None)

    @property
    def refused(self) -> tuple[Entry, ...]:
        """Chips that cannot."""
        return tuple(one for one in self.entries if one.estimate is None)


def compare(
    model: Model | str | Path, chips: Sequence[Chip | str | Path], request: Request | None = None
) -> Comparison:
    """Estimate the model on every chip; one that cannot hold or run it says why and by how much.

    Names may be patterns (`cambricon-*`), or `all` for every complete system. Without a request: a prompt of 512 tokens
    and 128 to make. Raises `ConfigError` or `DataError` for a name or a file that is wrong, and where no chip is given.
    """
    if isinstance(chips, str) or not chips:
        raise wrong_type("on", chips, "the names of chips, one or more")
    known = described(model)
    asked = usual(known) if request is None else request
    entries = tuple(_entry(known, chip, asked) for chip in _loaded(chips))
    return Comparison(model=known.name, request=asked, entries=entries, told=beyond(known, asked))


def usual(model: Model) -> Request:
    """Give what is asked if nothing is said; fewer tokens where an encoder takes no more."""
    if model.is_decoder:
        return Request(prompt=USUAL_PROMPT, generate=USUAL_GENERATE)
    return Request(prompt=min(USUAL_PROMPT, model.context_limit or USUAL_PROMPT))


def _loaded(chips: Sequence[Chip | str | Path]) -> tuple[Chip, ...]:
    """Load chips, each once; others of a name that has been there get a number behind it."""
    found: list[Chip] = []
    for chip in chips:
        found += [chip] if isinstance(chip, Chip) else [load_chip(name) for name in chosen((chip,))]
    named: dict[str, Chip] = {}
    for chip in {id(chip): chip for chip in found}.values():
        like = sum(other.name == chip.name or other.name.startswith(f"{chip.name} (") for other in named.values())
        known = replace(chip, name=f"{chip.name} ({like + 1})") if like else chip
        named[known.name] = known
    return tuple(named.values())


def _entry(model: Model, chip: Chip, request: Request) -> Entry:
    found, why_not, fullest = None, "", None
    try:
        found = estimate(model, chip, request)
        fullest = max(_stores(found), key=lambda store: store.used_fraction, default=None)
    except CapacityError as error:
        why_not, fullest = str(error), _lacking(error, chip)
    except ConfigError as error:
        # An operator that no engine of this chip runs is an answer; what is wrong with the request is not.
        if chip.name not in str(error):
            raise
        why_not = str(error)
    return Entry(
        description=chip, estimate=found, why_not=why_not, fullest=fullest, rests_on=tally(facts(chip)),
        growth=growth(model, chip, request.batch) if found and request.generate else NONE,
    )  # fmt: skip


def _stores(cost: Estimate) -> list[Store]:
    """List the memories and the arrays that keep something, of all devices of a group together."""
    chip, devices = cost.description, cost.description.devices
    rooms = {name: one.capacity_bytes * one.count * devices.all for name, one in chip.memories.items()}
    memories = [
        Store(name=name, unit="bytes", needed=held, room=rooms[name])
        for name, held in cost.held_bytes.items()
        if held and rooms.get(name)
    ]
    return memories + [
        Store(name=one.name, unit="arrays", needed=one.units_used, room=one.units)
        for one in cost.engines
        if one.units_used
    ]


def _lacking(error: CapacityError, chip: Chip) -> Store | None:
    """Give what is missing, of all devices; errors count one of each stage."""
    devices = chip.devices.together
    if not error.unit:
        return None
    return Store(name="", unit=error.unit, needed=error.needed * devices, room=error.room * devices)
