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
    free: dict[str, Size] = {}
    slots: list[Slot] = []
    for task in tasks:
        times = [slots[need].end_s for need in task.needs]
        times += [free[resource] for resource in (task.resource, *task.shared_s) if resource in free]
        start = latest(times)
        end = free[task.resource] = start + task.time_s
        for resource, time_s in task.shared_s.items():
            free[resource] = start + time_s
        slots.append(Slot(start, end))
    return slots


def makespan(tasks: Sequence[Task]) -> Size:
    """Give the time at which the last task ends: one of those that no other task needs."""
    needed = {need for task in tasks for need in task.needs}
    return latest([slot.end_s for number, slot in enumerate(listed(tasks)) if number not in needed])


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


def latest(times: Sequence[Size]) -> Size:
    """Give the latest of some times, 0 if there are none."""
    latest_s: Size | None = None
    for time_s in times:
        latest_s = time_s if latest_s is None else later(latest_s, time_s)
    return 0.0 if latest_s is None else latest_s
