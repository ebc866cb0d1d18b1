"""What an operator of one layer asks of the parts, priced: seconds per resource, uses and joules over all steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
    uses: tuple[tuple[Price, float], ...]
    """How often each part is used, over all steps."""
    energy_j: float
    waited_s: Mapping[str, float]
    """On each part, by full name, had the operator nothing else to wait for."""
    total_s: float
    """Writing included."""

    @property
    def bottleneck(self) -> str:
        """The part that takes longest."""
        return max(self.waited_s, key=self.waited_s.__getitem__, default=self.seat.engine)


def bill(seat: Seat, chip: Chip, prices: Prices, steps: int) -> Bill:
    """Price one seat; raises ConfigError where an engine uses a part that it does not price."""
    engine, known = chip.engines[seat.engine], prices.uses[seat.engine]
    work = engine.work(seat.operator, seat.copies)
    setup = _priced(work.setup.items(), known, seat)
    stream = _priced(work.stream.items(), known, seat)
    for move in seat.moves:
        setup.append((prices.uses[""][delay_name(move.link)], ONCE))
        stream.append((prices.uses[""][move.link], Use(total=move.bits, serial=move.bits)))
    writing: list[tuple[Price, Use]] = []
    write_s: Size = 0.0
    if seat.rewritten and isinstance(seat.operator, MatMul):
        rewrite = engine.rewrite(seat.operator)
        before, after = _priced(rewrite.setup.items(), known, seat), _priced(rewrite.stream.items(), known, seat)
        write_s = _in_turn(before) + _slowest(after)
        writing = before + after
    time_s = _in_turn(setup) + _slowest(stream)
    uses = [(price, over_steps(use.total, steps)) for price, use in setup + stream + writing]
    return Bill(
        seat=seat,
        time_s=time_s,
        write_s=write_s,
        shared_s=_on_shared(setup + stream),
        uses=tuple(uses),
        energy_j=sum(price.energy_j * count for price, count in uses),
        waited_s=_waited(setup + stream + writing, steps),
        total_s=over_steps(time_s, steps) + over_steps(write_s, steps),
    )


def over_steps(size: Size, steps: int) -> float:
    """Add up a size over the context axis; one that does not depend on it counts once per step."""
    return float(size.sum()) if isinstance(size, np.ndarray) and size.ndim else float(size) * steps


def _priced(uses: Iterable[tuple[str, Use]], known: Mapping[str, Price], seat: Seat) -> list[tuple[Price, Use]]:
    try:
        return [(known[part], use) for part, use in uses]
    except KeyError as error:
        raise ConfigError(f"engine {seat.engine!r} uses a part it does not price: {error.args[0]!r}.") from None


def _in_turn(uses: list[tuple[Price, Use]]) -> Size:
    time_s: Size = 0.0
    for price, use in uses:
        if price.latency_s:
            time_s = time_s + use.serial * price.latency_s
    return time_s


def _slowest(uses: list[tuple[Price, Use]]) -> Size:
    """Seconds on the slowest part; numbers first, so that arrays meet one number only."""
    times = [use.serial * price.latency_s for price, use in uses if price.latency_s]
    number = max((t for t in times if not isinstance(t, np.ndarray)), default=0.0)
    slowest: Size = number
    for time_s in times:
        if isinstance(time_s, np.ndarray):
            slowest = np.maximum(slowest, time_s)
    return slowest


def _on_shared(uses: list[tuple[Price, Use]]) -> dict[str, Size]:
    shared: dict[str, Size] = {}
    for price, use in uses:
        if price.shared and price.latency_s:
            shared[price.name] = shared.get(price.name, 0.0) + use.serial * price.latency_s
    return shared


def _waited(uses: list[tuple[Price, Use]], steps: int) -> dict[str, float]:
    waited: dict[str, float] = {}
    for price, use in uses:
        if price.latency_s:
            waited[price.name] = waited.get(price.name, 0.0) + over_steps(use.serial, steps) * price.latency_s
    return waited
