"""One layer of a placed block, priced and ready for a policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from bitline.hardware.chip import Chip
from bitline.mapping.plan import PlacedBlock, Plan, Seat
from bitline.operators import Exchange, MatMul, Operator, Size, largest
from bitline.timeline.bill import Bill, bills
from bitline.timeline.link_parts import DEVICES
from bitline.timeline.listing import Task
from bitline.timeline.prices import Prices


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Tasks for all its tokens at once; a policy may cut them into blocks of tokens."""

    name: str
    layers: int
    """Such layers, one after another."""
    bills: tuple[Bill, ...]
    tasks: tuple[Task, ...]
    stretches: tuple[tuple[Task, ...], ...]
    """Parts between which the whole sequence has to wait: two where every query sees later keys."""
    write_s: Size
    """Writing weights that come and go, before anything else, for each part of a batch anew."""
    items: int
    """Tokens of all requests that pass one by one: 1 cannot be cut."""
    overlaps: bool
    """Its tokens may enter the next layer before the last one has left this one."""
    shared: bool
    """All layers use the same units."""
    passes: int = 1
    """Parts of a batch that take turns: the tasks are those of all of them."""
    staged: float = 1.0
    """Share of such layers that are on one device: those on others have engines, memories and links of their own."""


def layer(block: PlacedBlock, plan: Plan, chip: Chip, prices: Prices, steps: int, staged: float = 1.0) -> Layer:
    """Price a placed block for one step, or for steps at every context length; `staged` is one device's share."""
    priced = bills(block.seats, chip, prices, steps)
    tasks = tuple(
        [
            Task(b.seat.operator.name, _resource(b.seat), b.time_s, before, _shared_s(b))
            for b, before in zip(priced, block.needs, strict=True)
        ]
    )
    if plan.parts.interleaved > 1:
        tasks = tuple(task.times(plan.parts.interleaved) for task in tasks)
    items = _items(block, plan)
    bidirectional = items > plan.batch and any(_sees_later_keys(seat) for seat in block.seats)
    write_s: Size = 0.0
    for one in priced:
        if one.seat.rewritten:
            write_s = write_s + one.write_s * plan.parts.interleaved
    return Layer(
        name=block.name,
        layers=block.layers,
        bills=priced,
        tasks=tasks,
        stretches=_cut(block, tasks) if bidirectional else (tasks,),
        write_s=write_s,
        items=items,
        overlaps=not bidirectional
        and items == plan.batch * plan.tokens
        and all(_lets_layers_overlap(seat, chip) for seat in block.seats),
        shared=block.shared,
        passes=plan.parts.interleaved,
        staged=staged,
    )


def _resource(seat: Seat) -> str:
    if isinstance(seat.operator, Exchange):
        return DEVICES
    return f"{seat.engine}/{seat.operator.name}" if seat.own else seat.engine


def _shared_s(bill: Bill) -> Mapping[str, Size]:
    """Give the time on memories and links, but for an exchange, whose resource they are."""
    return {} if isinstance(bill.seat.operator, Exchange) else bill.shared_s


def _cached(operator: Operator) -> bool:
    return isinstance(operator, MatMul) and operator.stationary == "cache"


def _items(block: PlacedBlock, plan: Plan) -> int:
    """Count the tokens that every matrix of the block sees; a head that scores last tokens sees fewer."""
    fewest = plan.batch * plan.tokens
    for seat in block.seats:
        operator = seat.operator
        if isinstance(operator, MatMul) and operator.stationary == "weight":
            fewest = min(fewest, int(largest(operator.vectors)))
    return max(1, fewest)


def _sees_later_keys(seat: Seat) -> bool:
    operator = seat.operator
    return isinstance(operator, MatMul) and _cached(operator) and not largest(operator.masked_fraction)


def _lets_layers_overlap(seat: Seat, chip: Chip) -> bool:
    """Whether two layers can be worked on at once: nothing held for one has to make room for the other."""
    operator = seat.operator
    if not seat.rewritten and (not isinstance(operator, MatMul) or operator.stationary is None):
        return True
    cached = isinstance(operator, MatMul) and operator.stationary == "cache"
    return seat.own or (cached and chip.engines[seat.engine].units == 0)


def _cut(block: PlacedBlock, tasks: tuple[Task, ...]) -> tuple[tuple[Task, ...], ...]:
    """Cut after the products with keys and values: what follows them needs every token of the sequence."""
    attention = {n for n, seat in enumerate(block.seats) if _sees_later_keys(seat)}
    before = set(attention)
    for number in reversed(range(len(tasks))):
        if number in before:
            before.update(tasks[number].needs)
    behind: set[int] = set()
    for number, task in enumerate(tasks):
        if number not in before and any(need in behind or need in attention for need in task.needs):
            behind.add(number)
    first = [n for n in range(len(tasks)) if n not in behind]
    return tuple(_alone(tasks, numbers) for numbers in (first, sorted(behind)) if numbers)


def _alone(tasks: tuple[Task, ...], numbers: list[int]) -> tuple[Task, ...]:
    """Take some tasks out of a layer, with the needs among them."""
    place = {number: index for index, number in enumerate(numbers)}
    return tuple(
        Task(t.name, t.resource, t.time_s, tuple(place[n] for n in t.needs if n in place), t.shared_s)
        for t in (tasks[number] for number in numbers)
    )
