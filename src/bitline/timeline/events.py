"""One layer played through, block of tokens by block of tokens, for a picture of it."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from bitline.operators import Size
from bitline.timeline.event import Event
from bitline.timeline.layer import Layer
from bitline.timeline.listing import Task

MOST_BLOCKS = 8


def events(layer: Layer, blocks: int, at: int = -1) -> tuple[Event, ...]:
    """List who is busy when, from time 0, at one place of the context axis.

    Tokens are cut into `blocks`, of which the first few are shown. Weights that are rewritten are written first.
    """
    found: list[Event] = []
    start_s = 0.0
    for one in layer.bills:
        if one.seat.rewritten:
            end_s = start_s + _at(one.write_s, at)
            found.append(Event(f"write {one.seat.operator.name}", one.seat.engine, start_s, end_s))
            start_s = end_s
    for stretch in layer.stretches if blocks > 1 else (layer.tasks,):
        played = _played(stretch, blocks, at, start_s)
        start_s = max((event.end_s for event in played), default=start_s)
        found += played
    return tuple(found)


def _played(tasks: Sequence[Task], blocks: int, at: int, start_s: float) -> list[Event]:
    """Start whatever can start first; of what can start together, the oldest block first."""
    share = 1.0 / blocks
    readers: list[list[int]] = [[] for _ in tasks]
    for number, task in enumerate(tasks):
        for need in set(task.needs):
            readers[need].append(number)
    waiting = {(b, n): len(set(t.needs)) for b in range(min(blocks, MOST_BLOCKS)) for n, t in enumerate(tasks)}
    ready_s = dict.fromkeys(waiting, start_s)
    queue = [(start_s, block, n) for (block, n), left in waiting.items() if not left]
    heapq.heapify(queue)
    free: dict[str, float] = {}
    found: list[Event] = []
    while queue:
        expected, block, number = heapq.heappop(queue)
        task = tasks[number]
        begin = max([ready_s[block, number], *(free.get(r, start_s) for r in (task.resource, *task.shared_s))])
        if begin > expected:
            # Something else took a resource meanwhile: others may now start before this one.
            heapq.heappush(queue, (begin, block, number))
            continue
        end = begin + _at(task.time_s, at) * share
        name = task.name if blocks == 1 else f"{task.name} [{block}]"
        found.append(Event(name, task.resource, begin, end))
        free[task.resource] = end
        for resource, time_s in task.shared_s.items():
            free[resource] = begin + _at(time_s, at) * share
            found.append(Event(name, resource, begin, free[resource]))
        for reader in readers[number]:
            key = (block, reader)
            waiting[key] -= 1
            ready_s[key] = max(ready_s[key], end)
            if not waiting[key]:
                heapq.heappush(queue, (ready_s[key], *key))
    return found


def _at(size: Size, place: int) -> float:
    return float(size[place]) if isinstance(size, np.ndarray) and size.ndim else float(size)
