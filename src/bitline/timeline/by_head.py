"""Attention that goes head by head: banks, functions and processor work on different heads of one layer at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import pairwise

from bitline.operators import MatMul, Stationary
from bitline.timeline.closed_form import flow_s
from bitline.timeline.layer import Layer
from bitline.timeline.listing import Task, busy

KNOWN_LAYERS = 256


def by_head(layer: Layer, roles: Sequence[str]) -> tuple[Task, ...]:
    """Make one task of the operators that go by head: those between products with keys and values, and by role.

    It takes as long as its busiest resource, and the other work on one head; each resource is taken from its start
    for as long as it is used. Layers with one head or without attention stay as they are. A second attention behind
    weights that meet all heads of the first goes by head on its own.
    """
    heads, tasks = _heads(layer), layer.tasks
    if heads == 1:
        return tasks
    # From the last on, so that the numbers of those before stay.
    for together in reversed(_together(layer, roles)):
        if len(together) > 1:
            tasks = _joined(tasks, together, heads)
    return tasks


def _joined(tasks: tuple[Task, ...], together: list[int], heads: int) -> tuple[Task, ...]:
    inside = [tasks[number] for number in together]
    place = {number: index for index, number in enumerate(together)}
    alone = [
        Task(t.name, t.resource, t.time_s, tuple(place[n] for n in t.needs if n in place), t.shared_s) for t in inside
    ]
    outside = [number for number in range(len(tasks)) if number not in place]
    needed = sorted({need for task in inside for need in task.needs if need not in place})
    ahead = _before([task.needs for task in tasks], needed).union(needed)
    first = [n for n in outside if n < together[0] or n in ahead]
    last = [n for n in outside if n not in first]
    order = {number: index for index, number in enumerate(first)}
    order |= dict.fromkeys(together, len(first))
    order |= {number: len(first) + 1 + index for index, number in enumerate(last)}
    flow = Task("attention", "heads", flow_s(alone, heads), _in(order, needed), busy(alone))
    return (
        *(_moved(tasks[number], order) for number in first), flow,
        *(_moved(tasks[number], order) for number in last),
    )  # fmt: skip


def _together(layer: Layer, roles: Sequence[str]) -> tuple[list[int], ...]:
    """Give the numbers of what goes by head, in order, by attention."""
    operators = [bill.seat.operator for bill in layer.bills]
    kinds = tuple([(o.role, o.stationary if isinstance(o, MatMul) else None) for o in operators])
    return _grouped(kinds, tuple([task.needs for task in layer.tasks]), tuple(roles))


@lru_cache(maxsize=KNOWN_LAYERS)
def _grouped(
    kinds: tuple[tuple[str, Stationary | None], ...], needs: tuple[tuple[int, ...], ...], roles: tuple[str, ...]
) -> tuple[list[int], ...]:
    """Group operators, given by role and what stays in place; the sizes of a layer have no part in it."""
    cached = {n for n, (_, stays) in enumerate(kinds) if stays == "cache"}
    named = {n for n, (mine, _) in enumerate(kinds) if any(fnmatchcase(mine, role) for role in roles)}
    if not cached:
        return ()
    whole = {n for n, (_, stays) in enumerate(kinds) if stays == "weight"} - named
    groups: list[set[int]] = []
    for number in sorted(cached):
        if not groups or whole & _behind(needs, groups[-1]) & _before(needs, [number]):
            groups.append(set())
        groups[-1].add(number)
    begins = [0, *(min(group) for group in groups[1:]), len(kinds)]
    for group, (begin, end) in zip(groups, pairwise(begins), strict=True):
        group.update(n for n in named if begin <= n < end)
    # Whatever waits for one of them and is waited for by another goes by head too: keys are written before scores.
    return tuple(sorted(one | (_behind(needs, one) & _before(needs, sorted(one)))) for one in groups)


def _behind(needs: Sequence[tuple[int, ...]], numbers: Collection[int]) -> set[int]:
    """Give the numbers of all that wait for one of these."""
    behind: set[int] = set()
    for number, before in enumerate(needs):
        if any(need in behind or need in numbers for need in before):
            behind.add(number)
    return behind


def _heads(layer: Layer) -> int:
    """Count the heads of one request whose keys and values the layer meets."""
    operators = [bill.seat.operator for bill in layer.bills]
    return max([1, *(o.per_request for o in operators if isinstance(o, MatMul) and o.stationary == "cache")])


def _before(needs: Sequence[tuple[int, ...]], numbers: Sequence[int]) -> set[int]:
    """Give the numbers of all that these wait for, their own where others of them wait for them."""
    found: set[int] = set()
    edge = list(numbers)
    while edge:
        for need in needs[edge.pop()]:
            if need not in found:
                found.add(need)
                edge.append(need)
    return found


def _in(order: dict[int, int], numbers: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted({order[number] for number in numbers}))


def _moved(task: Task, order: dict[int, int]) -> Task:
    return Task(task.name, task.resource, task.time_s, _in(order, task.needs), task.shared_s)
