"""What an operator of one layer asks of the parts, priced: seconds per resource, uses and joules over all steps.

Operators that are alike, on one engine and after the same moves, are priced once: the projections of one layer, the
norms of all blocks, and from request to request whatever does not depend on the prompt.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, final

import numpy as np

from bitline.errors import ConfigError
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Use, Work
from bitline.mapping.identity import Same
from bitline.mapping.plan import Seat
from bitline.operators import Exchange, MatMul, Size, weights_of
from bitline.timeline.exchange import exchange_work
from bitline.timeline.link_parts import delay_name
from bitline.timeline.prices import KNOWN_CHIPS, Price, Prices
from bitline.timeline.work import KNOWN_OPERATORS, likeness, work_of

ONCE = Use(total=1, serial=1)


@final
class Bill(NamedTuple):
    """One seat of one layer. Sizes keep the context axis; plain floats are sums over it."""

    seat: Seat
    time_s: Size
    """Setup, then the slowest part of the stream."""
    write_s: Size
    """Writing its weights before that."""
    shared_s: Mapping[str, Size]
    """On memories and links."""
    uses: Mapping[Price, float]
    """How often each part is used, over all steps."""
    energy_j: float
    bottleneck: str
    """The part that takes longest at the middle context, by full name; the engine where none takes time."""
    total_s: float
    """Writing included."""
    macs: float
    """Multiply-accumulates over all steps, of the mean device; masked ones included."""


@final
@dataclass(slots=True)
class _Tally:
    """Uses priced so far; filled while one bill is made."""

    known: Mapping[str, Price]
    engine: str
    steps: int
    uses: dict[Price, float] = field(default_factory=dict)
    energy_j: float = 0.0
    shared_s: dict[str, Size] = field(default_factory=dict)
    slowest: str = ""
    slowest_s: float = 0.0
    sums: dict[int, float] = field(default_factory=dict)
    """Of arrays by identity: parts often share one."""

    def summed(self, size: Size) -> float:
        """Add up a size over the steps."""
        if not isinstance(size, np.ndarray):
            return float(size) * self.steps
        total = self.sums.get(id(size))
        if total is None:
            total = self.sums[id(size)] = over_steps(size, self.steps)
        return total

    def times(self, uses: Mapping[str, Use]) -> list[Size]:
        """Book uses, and give the time of each that takes any."""
        found: list[Size] = []
        for part, use in uses.items():
            price = self.known.get(part)
            if price is None:
                raise ConfigError(f"engine {self.engine!r} uses a part it does not price: {part!r}.")
            count = self.summed(use.total)
            if count:
                self.uses[price] = self.uses.get(price, 0.0) + count
                self.energy_j += count * price.energy_j
            if price.latency_s:
                time_s = use.serial * price.latency_s
                seconds = time_s[self.steps // 2] if isinstance(time_s, np.ndarray) else time_s
                if seconds > self.slowest_s:
                    self.slowest, self.slowest_s = price.name, seconds
                kept = price.name if price.shared else price.holds
                if kept:
                    self.shared_s[kept] = self.shared_s.get(kept, 0.0) + time_s
                found.append(time_s)
        return found

    def spell_s(self, setup: Mapping[str, Use], stream: Mapping[str, Use]) -> Size:
        """Time of uses in turn, then of the slowest of those that overlap."""
        time_s: Size = 0.0
        for one in self.times(setup):
            time_s = time_s + one
        return time_s + _longest(self.times(stream))


def _longest(times: list[Size]) -> Size:
    """Give the longest time, numbers first so that arrays meet one number."""
    arrays = [time_s for time_s in times if isinstance(time_s, np.ndarray)]
    longest: Size = max([0.0, *(t for t in times if not isinstance(t, np.ndarray))] if arrays else [0.0, *times])
    for time_s in arrays:
        longest = np.maximum(longest, time_s)
    return longest


def bills(seats: Sequence[Seat], chip: Chip, prices: Prices, steps: int) -> tuple[Bill, ...]:
    """Price seats; raises ConfigError where an engine uses a part that it does not price."""
    known = _known(Same(prices))
    roles = {name: engine.sees_roles for name, engine in chip.engines.items()}
    found = []
    for seat in seats:
        alike = likeness(seat.operator, seat.copies, roles=roles[seat.engine])
        if alike is None or any(isinstance(move.bits, np.ndarray) for move in seat.moves):
            found.append(_priced(seat, chip, prices, steps))
            continue
        key = alike, seat.engine, seat.moves, seat.rewritten, seat.busy_fraction, steps
        one = known.get(key)
        if one is None:
            if len(known) >= KNOWN_OPERATORS:
                known.clear()
            one = known[key] = _priced(seat, chip, prices, steps)
        found.append(Bill(seat, *one[1:]))
    return tuple(found)


@lru_cache(maxsize=KNOWN_CHIPS)
def _known(prices: Same[Prices]) -> dict[Hashable, Bill]:  # noqa: ARG001
    """Remember the bills of this very chip."""
    return {}


def asked(seat: Seat, chip: Chip) -> tuple[Work, Work | None]:
    """Count what an operator asks of the parts, its moves included, and what writing its weights before it does.

    As long as on the device that has most to do, as much as on a mean one.
    """
    work, writing = _asked(seat, chip)
    if seat.busy_fraction < 1.0:
        work = _on_some(work, seat.busy_fraction)
        writing = _on_some(writing, seat.busy_fraction) if writing else None
    return work, writing


def _on_some(work: Work, share: float) -> Work:
    return Work(*({part: Use(use.total * share, use.serial) for part, use in uses.items()} for uses in work))


def _asked(seat: Seat, chip: Chip) -> tuple[Work, Work | None]:
    if isinstance(seat.operator, Exchange):
        return exchange_work(seat.operator, seat.engine, chip), None
    engine = chip.engines[seat.engine]
    work = work_of(engine, seat.operator, seat.copies)
    setup, stream = work.setup, work.stream
    if seat.moves:
        crossing: dict[str, Size] = {}
        for move in seat.moves:
            crossing[move.link] = crossing.get(move.link, 0.0) + move.bits
        setup = {**setup, **{delay_name(link): ONCE for link in crossing}}
        stream = {**stream, **{link: Use(total=bits, serial=bits) for link, bits in crossing.items()}}
        work = Work(setup=setup, stream=stream)
    weights = weights_of(seat.operator) if seat.rewritten else None
    return work, None if weights is None else engine.rewrite(weights)


def _priced(seat: Seat, chip: Chip, prices: Prices, steps: int) -> Bill:
    work, writing = asked(seat, chip)
    tally = _Tally(prices.uses[seat.engine], seat.engine, steps)
    time_s = tally.spell_s(work.setup, work.stream)
    shared_s = dict(tally.shared_s)
    write_s: Size = 0.0
    if writing is not None:
        write_s = tally.spell_s(writing.setup, writing.stream)
    return Bill(
        seat=seat,
        time_s=time_s,
        write_s=write_s,
        shared_s=shared_s,
        uses=tally.uses,
        energy_j=tally.energy_j,
        bottleneck=tally.slowest or seat.engine,
        total_s=over_steps(time_s, steps) + over_steps(write_s, steps),
        macs=over_steps(macs_of(seat), steps),
    )


def macs_of(seat: Seat) -> Size:
    """Count the multiply-accumulates of a step on the mean device."""
    return seat.operator.macs * seat.busy_fraction if isinstance(seat.operator, MatMul) else 0.0


def over_steps(size: Size, steps: int) -> float:
    """Add up a size over the context axis; one that does not depend on it counts once per step."""
    if isinstance(size, np.ndarray) and size.ndim:
        return float(np.add.reduce(size))
    return float(size) * steps
