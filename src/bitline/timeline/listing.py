"""List scheduling: each operator starts as soon as its needs are met and its resources are free.

Operators are served in the order given, which makes every start a maximum of sums and so works for all
context lengths at once. An operator keeps its engine (or its own units) while it runs, and each memory or link for as
long as it has use of it, from its start on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from bitline.operators import Size
from bitline.timeline import moment
from bitline.timeline.moment import START, Moment


@final
@dataclass(frozen=True, slots=True)
class Task:
    """One operator, ready to be scheduled."""

    name: str
    resource: str
    """The engine, or units of its own: `engine/operator`."""
    time_s: Size
    needs: tuple[int, ...]
    """Earlier tasks that must have finished."""
    shared_s: Mapping[str, Size]
    """On memories and links."""

    def times(self, factor: float) -> Task:
        """Make it longer, or shorter."""
        shared_s = {name: time_s * factor for name, time_s in self.shared_s.items()}
        return Task(self.name, self.resource, self.time_s * factor, self.needs, shared_s)


@final
@dataclass(frozen=True, slots=True)
class Slot:
    """When a task runs."""

    start_s: Size
    end_s: Size


def listed(tasks: Sequence[Task]) -> list[Slot]:
    """Schedule tasks given in an order that respects their needs."""
    starts, ends = _scheduled(tasks)
    return [Slot(start.size, end.size) for start, end in zip(starts, ends, strict=True)]


def makespan(tasks: Sequence[Task]) -> Size:
    """Give the time at which the last task ends: one of those that no other task needs."""
    needed = {need for task in tasks for need in task.needs}
    _, ends = _scheduled(tasks)
    last = START
    for number, end in enumerate(ends):
        if number not in needed:
            last = moment.later(last, end)
    return last.size


def _scheduled(tasks: Sequence[Task]) -> tuple[list[Moment], list[Moment]]:
    """Give when each task starts and ends."""
    free: dict[str, Moment] = {}
    starts: list[Moment] = []
    ends: list[Moment] = []
    for task in tasks:
        start = START
        for need in task.needs:
            start = moment.later(start, ends[need])
        for resource in (task.resource, *task.shared_s):
            if resource in free:
                start = moment.later(start, free[resource])
        end = free[task.resource] = moment.after(start, task.time_s)
        for resource, time_s in task.shared_s.items():
            free[resource] = moment.after(start, time_s)
        starts.append(start)
        ends.append(end)
    return starts, ends


def busy(tasks: Sequence[Task]) -> dict[str, Size]:
    """Add up the seconds that each resource is taken."""
    taken: dict[str, Size] = {}
    for task in tasks:
        taken[task.resource] = taken.get(task.resource, 0.0) + task.time_s
        for resource, time_s in task.shared_s.items():
            taken[resource] = taken.get(resource, 0.0) + time_s
    return taken


def later(one: Size, other: Size) -> Size:
    """Give the later of two times, at every context length."""
    if one is other:
        return one
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.maximum(one, other)
    return max(one, other)
