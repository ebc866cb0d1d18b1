"""Steps at every context from the first token on, priced once: any stretch of them is then a matter of looking up.

What does not depend on the context is the same in every step; of what does, sums from the first context on are kept,
and a stretch is a difference of two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from bitline.hardware.activity import Activity
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine, Use
from bitline.mapping.place import taken
from bitline.mapping.plan import Plan, Seat
from bitline.operators import MatMul, Operator, Size
from bitline.timeline.bill import Bill, asked, macs_of
from bitline.timeline.layer import Layer
from bitline.timeline.listing import Task
from bitline.timeline.prices import Price, Prices, prices
from bitline.timeline.step import Timing, time_of

KNOWN_LENGTHS = 64
SIZES = ("vectors", "k", "n", "matrices", "held", "masked_fraction", "elements", "rows")


@final
@dataclass(frozen=True, slots=True)
class _Along:
    """A size of every step, and its sums from the first step on."""

    each: Size
    summed: NDArray[Any] | None

    def over(self, start: int, stop: int) -> float:
        """Add up some steps."""
        if self.summed is None:
            return float(self.each) * (stop - start)
        return float(self.summed[stop] - self.summed[start])


@final
@dataclass(frozen=True, slots=True)
class _Kept:
    """What a bill is made of, before it is added up."""

    bill: Bill
    uses: tuple[tuple[Price, _Along], ...]
    waits: tuple[tuple[str, Size], ...]
    """Time of each part, in the order in which bills look for the slowest."""
    total_s: _Along
    macs: _Along
    varying: tuple[str, ...]
    """Sizes of the operator that depend on the context."""
    alike: dict[int, Bill] | None
    """Of so many steps, where nothing depends on which they are."""


@final
class Course:
    """A model on a chip at every context from 1 to `last`, of a batch of requests."""

    def __init__(self, plan: Plan, chip: Chip, activity: Mapping[str, Activity] | None = None) -> None:
        """Price all steps; the plan's context axis counts from 1."""
        self._timing = time_of(plan, chip, activity)
        self.last = self._timing.time_s.size
        self._chip = chip
        priced = prices(chip, activity)
        self._kept = tuple(tuple(_kept(bill, chip, priced) for bill in layer.bills) for layer in self._timing.layers)

    def stretch(self, first: int, steps: int) -> Timing:
        """Give the timing of so many steps, the first of them at context `first`."""
        start, stop = first - 1, first - 1 + steps
        layers = tuple(
            _layer(layer, kept, self._chip, start, stop)
            for layer, kept in zip(self._timing.layers, self._kept, strict=True)
        )
        whole = self._timing
        return Timing(time_s=whole.time_s[start:stop], layers=layers, blocks=whole.blocks, passes=whole.passes)


def _kept(bill: Bill, chip: Chip, prices: Prices) -> _Kept:
    known = prices.uses[bill.seat.engine]
    work, writing = asked(bill.seat, chip)
    uses: list[tuple[Price, _Along]] = []
    waits: list[tuple[str, Size]] = []
    for part, use in _all(work.setup, work.stream, *((writing.setup, writing.stream) if writing else ())):
        price = known[part]
        if isinstance(use.total, np.ndarray) or use.total:
            uses.append((price, _along(use.total)))
        if price.latency_s:
            waits.append((price.name, use.serial * price.latency_s))
    varying = tuple(name for name in SIZES if isinstance(getattr(bill.seat.operator, name, None), np.ndarray))
    total_s, macs = _along(bill.time_s + bill.write_s), _along(macs_of(bill.seat))
    moving = varying or any(along.summed is not None for along in (total_s, *(along for _, along in uses)))
    return _Kept(bill, tuple(uses), tuple(waits), total_s, macs, varying, None if moving else {})


def _all(*uses: Mapping[str, Use]) -> Iterator[tuple[str, Use]]:
    for some in uses:
        yield from some.items()


def _along(size: Size) -> _Along:
    if isinstance(size, np.ndarray) and size.ndim:
        return _Along(size, np.concatenate(([0.0], np.cumsum(size, dtype=np.float64))))
    return _Along(float(size), None)


def _layer(layer: Layer, kept: tuple[_Kept, ...], chip: Chip, start: int, stop: int) -> Layer:
    tasks = tuple([_task(task, start, stop) for task in layer.tasks])
    alone = len(layer.stretches) == 1
    stretches = (tasks,) if alone else tuple(tuple(_task(t, start, stop) for t in one) for one in layer.stretches)
    return Layer(
        name=layer.name, layers=layer.layers, bills=tuple([_bill(one, chip, start, stop) for one in kept]), tasks=tasks,
        stretches=stretches, write_s=_cut(layer.write_s, start, stop), items=layer.items, overlaps=layer.overlaps,
        shared=layer.shared, passes=layer.passes,
    )  # fmt: skip


def _task(task: Task, start: int, stop: int) -> Task:
    if not isinstance(task.time_s, np.ndarray) and not any(isinstance(t, np.ndarray) for t in task.shared_s.values()):
        return task
    return Task(task.name, task.resource, _cut(task.time_s, start, stop), task.needs, _each(task.shared_s, start, stop))


def _bill(kept: _Kept, chip: Chip, start: int, stop: int) -> Bill:
    if kept.alike is None:
        return _added_up(kept, chip, start, stop)
    steps = stop - start
    found = kept.alike.get(steps)
    if found is None:
        if len(kept.alike) >= KNOWN_LENGTHS:
            kept.alike.clear()
        found = kept.alike[steps] = _added_up(kept, chip, start, stop)
    return found


def _added_up(kept: _Kept, chip: Chip, start: int, stop: int) -> Bill:
    bill, energy_j = kept.bill, 0.0
    uses: dict[Price, float] = {}
    for price, along in kept.uses:
        count = along.over(start, stop)
        if count:
            uses[price] = uses.get(price, 0.0) + count
            energy_j += count * price.energy_j
    seat, bottleneck = bill.seat, bill.bottleneck
    if kept.varying:
        seat = _seat(seat, chip.engines[seat.engine], _operator(seat.operator, kept.varying, start, stop))
    if kept.total_s.summed is not None:
        bottleneck = _slowest(kept.waits, (start + stop) // 2) or seat.engine
    return Bill(
        seat, _cut(bill.time_s, start, stop), _cut(bill.write_s, start, stop), _each(bill.shared_s, start, stop), uses,
        energy_j, bottleneck, kept.total_s.over(start, stop), kept.macs.over(start, stop),
    )  # fmt: skip


def _seat(seat: Seat, engine: Engine, operator: Operator) -> Seat:
    """Give the seat to the operator of some contexts, with the units it takes at the longest of them."""
    if not engine.units or not isinstance(operator, MatMul):
        return replace(seat, operator=operator)
    return replace(seat, operator=operator, units=taken(operator, engine, seat.own))


def _operator(operator: Operator, varying: tuple[str, ...], start: int, stop: int) -> Operator:
    return replace(operator, **{name: getattr(operator, name)[start:stop] for name in varying})


def _slowest(waits: tuple[tuple[str, Size], ...], at: int) -> str:
    found, longest_s = "", 0.0
    for name, time_s in waits:
        seconds = float(time_s[at]) if isinstance(time_s, np.ndarray) else float(time_s)
        if seconds > longest_s:
            found, longest_s = name, seconds
    return found


def _each(times: Mapping[str, Size], start: int, stop: int) -> Mapping[str, Size]:
    if not any(isinstance(time_s, np.ndarray) for time_s in times.values()):
        return times
    return {name: _cut(time_s, start, stop) for name, time_s in times.items()}


def _cut(size: Size, start: int, stop: int) -> Size:
    return size[start:stop] if isinstance(size, np.ndarray) and size.ndim else size
