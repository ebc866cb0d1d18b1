"""What an operator of one layer asks of the parts, priced: seconds per resource, uses and joules over all steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import final

import numpy as np

from bitline.errors import ConfigError
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Use
from bitline.mapping.plan import Seat
from bitline.operators import MatMul, Size
from bitline.timeline.link_parts import delay_name
from bitline.timeline.prices import Price, Prices

ONCE = Use(total=1, serial=1)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
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
    """The part that takes longest, by full name; the engine where none takes time."""
    total_s: float
    """Writing included."""

    def of(self, seat: Seat) -> Bill:
        """Give the same bill to a seat that asks for the same."""
        return replace(self, seat=seat)


@final
@dataclass(slots=True)
class _Tally:
    """Uses priced so far; filled while one bill is made."""

    known: Mapping[str, Price]
    engine: str
    steps: int
    uses: dict[Price, float] = field(default_factory=dict)
    shared_s: dict[str, Size] = field(default_factory=dict)
    slowest: str = ""
    slowest_s: float = 0.0

    def in_turn(self, uses: Mapping[str, Use]) -> Size:
        """Book uses that follow one another, and give their time."""
        time_s: Size = 0.0
        for part, use in uses.items():
            time_s = time_s + self.book(part, use)
        return time_s

    def at_once(self, uses: Mapping[str, Use]) -> Size:
        """Book uses that overlap, and give the time of the slowest; numbers first, so that arrays meet one number."""
        number, arrays = 0.0, []
        for part, use in uses.items():
            time_s = self.book(part, use)
            if isinstance(time_s, np.ndarray):
                arrays.append(time_s)
            elif time_s > number:
                number = time_s
        slowest: Size = number
        for time_s in arrays:
            slowest = np.maximum(slowest, time_s)
        return slowest

    def book(self, part: str, use: Use) -> Size:
        """Book one use, and give its time."""
        price = self.known.get(part)
        if price is None:
            raise ConfigError(f"engine {self.engine!r} uses a part it does not price: {part!r}.")
        self.uses[price] = self.uses.get(price, 0.0) + over_steps(use.total, self.steps)
        if not price.latency_s:
            return 0.0
        time_s = use.serial * price.latency_s
        seconds = over_steps(time_s, self.steps)
        if seconds > self.slowest_s:
            self.slowest, self.slowest_s = price.name, seconds
        if price.shared:
            self.shared_s[price.name] = self.shared_s.get(price.name, 0.0) + time_s
        return time_s


def bill(seat: Seat, chip: Chip, prices: Prices, steps: int) -> Bill:
    """Price one seat; raises ConfigError where an engine uses a part that it does not price."""
    engine = chip.engines[seat.engine]
    work = engine.work(seat.operator, seat.copies)
    setup, stream = work.setup, work.stream
    if seat.moves:
        crossing: dict[str, Size] = {}
        for move in seat.moves:
            crossing[move.link] = crossing.get(move.link, 0.0) + move.bits
        setup = {**setup, **{delay_name(link): ONCE for link in crossing}}
        stream = {**stream, **{link: Use(total=bits, serial=bits) for link, bits in crossing.items()}}
    tally = _Tally(prices.uses[seat.engine], seat.engine, steps)
    time_s = tally.in_turn(setup) + tally.at_once(stream)
    shared_s = dict(tally.shared_s)
    write_s: Size = 0.0
    if seat.rewritten and isinstance(seat.operator, MatMul):
        writing = engine.rewrite(seat.operator)
        write_s = tally.in_turn(writing.setup) + tally.at_once(writing.stream)
    return Bill(
        seat=seat,
        time_s=time_s,
        write_s=write_s,
        shared_s=shared_s,
        uses=tally.uses,
        energy_j=sum([price.energy_j * count for price, count in tally.uses.items()]),
        bottleneck=tally.slowest or seat.engine,
        total_s=over_steps(time_s, steps) + over_steps(write_s, steps),
    )


def over_steps(size: Size, steps: int) -> float:
    """Add up a size over the context axis; one that does not depend on it counts once per step."""
    if isinstance(size, np.ndarray) and size.ndim:
        return float(np.add.reduce(size))
    return float(size) * steps
