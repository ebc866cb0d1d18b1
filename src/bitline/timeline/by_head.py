"""Attention that goes head by head: banks, functions and processor work on different heads of one layer at once."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from bitline.operators import MatMul
from bitline.timeline.closed_form import flow_s
from bitline.timeline.layer import Layer
from bitline.timeline.listing import Task, busy


def by_head(layer: Layer, roles: Sequence[str]) -> tuple[Task, ...]:
    """Make one task of the operators that go by head: those between products with keys and values, and by role.

    It takes as long as its busiest resource, and the other work on one head; each resource is taken from its start
    for as long as it is used. Layers with one head or without attention stay as they are.
    """
    together, heads = _together(layer, roles), _heads(layer)
    if len(together) < 2 or heads == 1:
        return layer.tasks
    inside = [layer.tasks[number] for number in together]
    place = {number: index for index, number in enumerate(together)}
    alone = [
        Task(t.name, t.resource, t.time_s, tuple(place[n] for n in t.needs if n in place), t.shared_s) for t in inside
    ]
    outside = [number for number in range(len(layer.tasks)) if number not in place]
    needed = sorted({need for task in inside for need in task.needs if need not in place})
    first = [n for n in outside if n < together[0] or n in _before(layer.tasks, needed)]
    last = [n for n in outside if n not in first]
    order = {number: index for index, number in enumerate(first)}
    order |= dict.fromkeys(together, len(first))
    order |= {number: len(first) + 1 + index for index, number in enumerate(last)}
    flow = Task("attention", "heads", flow_s(alone, heads), _in(order, needed), busy(alone))
    return (
        *(_moved(layer.tasks[number], order) for number in first), flow,
        *(_moved(layer.tasks[number], order) for number in last),
    )  # fmt: skip


def _together(layer: Layer, roles: Sequence[str]) -> list[int]:
    """Give the numbers of what goes by head, in order."""
    operators = [bill.seat.operator for bill in layer.bills]
    cached = {n for n, o in enumerate(operators) if isinstance(o, MatMul) and o.stationary == "cache"}
    named = {n for n, o in enumerate(operators) if any(fnmatchcase(o.role, role) for role in roles)}
    inside = cached | named
    behind: set[int] = set()
    for number, task in enumerate(layer.tasks):
        if any(need in behind or need in inside for need in task.needs):
            behind.add(number)
    # Whatever waits for one of them and is waited for by another goes by head too: keys are written before scores.
    return sorted(inside | (behind & _before(layer.tasks, sorted(inside)))) if cached else []


def _heads(layer: Layer) -> int:
    """Count the heads of one request whose keys and values the layer meets."""
    operators = [bill.seat.operator for bill in layer.bills]
    return max([1, *(o.per_request for o in operators if isinstance(o, MatMul) and o.stationary == "cache")])


def _before(tasks: Sequence[Task], numbers: Sequence[int]) -> set[int]:
    """Give the numbers of all that these wait for, their own where others of them wait for them."""
    found: set[int] = set()
    edge = list(numbers)
    while edge:
        for need in tasks[edge.pop()].needs:
            if need not in found:
                found.add(need)
                edge.append(need)
    return found


def _in(order: dict[int, int], numbers: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted({order[number] for number in numbers}))


def _moved(task: Task, order: dict[int, int]) -> Task:
    return Task(task.name, task.resource, task.time_s, _in(order, task.needs), task.shared_s)
