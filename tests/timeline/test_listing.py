"""The scheduler against rules that hold for every schedule, on random graphs of operators."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bitline.timeline.listing import Task, busy, listed, makespan

TICK = 1e-9


@st.composite
def graphs(draw, contexts: int = 0):
    count = draw(st.integers(1, 9))
    seconds = st.integers(0, 20)
    tasks = []
    for number in range(count):
        needs = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        if contexts:
            time_s = np.array(draw(st.lists(seconds, min_size=contexts, max_size=contexts)), dtype=float)
        else:
            time_s = float(draw(seconds))
        part = draw(st.sampled_from([0.0, 0.25, 1.0]))
        shared = {"memory.m": time_s * part} if part else {}
        resource = draw(st.sampled_from(["a", "b", f"c/{number}"]))
        tasks.append(Task(str(number), resource, time_s, tuple(sorted(needs)), shared))
    return tasks


def spans(tasks, slots):
    """Every stay of every task on every resource."""
    for task, slot in zip(tasks, slots, strict=True):
        yield task.resource, slot.start_s, slot.end_s
        for resource, time_s in task.shared_s.items():
            yield resource, slot.start_s, slot.start_s + time_s


def legal(tasks, slots) -> bool:
    by_resource: dict[str, list[tuple[float, float]]] = {}
    for resource, start, end in spans(tasks, slots):
        by_resource.setdefault(resource, []).append((start, end))
    for stays in by_resource.values():
        stays.sort()
        if any(next_start < end - TICK / 2 for (_, end), (next_start, _) in pairwise(stays)):
            return False
    return all(
        slots[need].end_s <= slot.start_s + TICK / 2
        for task, slot in zip(tasks, slots, strict=True)
        for need in task.needs
    )


def critical_path(tasks) -> float:
    ends: list[float] = []
    for task in tasks:
        ends.append(task.time_s + max((ends[need] for need in task.needs), default=0.0))
    return max(ends)


@given(graphs())
def test_no_resource_is_in_two_places_and_nothing_starts_before_its_needs(tasks) -> None:
    assert legal(tasks, listed(tasks))


@given(graphs())
def test_makespan_lies_between_its_bounds(tasks) -> None:
    total = makespan(tasks)
    assert total >= critical_path(tasks)
    assert total >= max(busy(tasks).values())
    assert total <= sum(task.time_s for task in tasks)


@given(graphs())
def test_a_step_one_tick_earlier_is_illegal(tasks) -> None:
    slots = listed(tasks)
    for number, slot in enumerate(slots):
        # In this order of service, each start is forced by time 0, a need, or an earlier task on a resource.
        if tasks[number].time_s == 0:
            continue
        earlier = [*slots[:number], type(slot)(slot.start_s - TICK, slot.end_s - TICK)]
        assert slot.start_s == 0 or not legal(tasks[: number + 1], earlier)


@given(graphs(contexts=3))
def test_all_contexts_at_once_equal_each_alone(tasks) -> None:
    together = makespan(tasks)
    for place in range(3):
        alone = [
            Task(
                t.name, t.resource, float(t.time_s[place]), t.needs, {r: float(s[place]) for r, s in t.shared_s.items()}
            )
            for t in tasks
        ]
        assert np.broadcast_to(together, (3,))[place] == makespan(alone)


def test_units_of_their_own_run_side_by_side_and_an_engine_takes_turns() -> None:
    own = [Task("q", "e/q", 2.0, (), {}), Task("k", "e/k", 3.0, (), {})]
    turns = [Task("q", "e", 2.0, (), {}), Task("k", "e", 3.0, (), {})]
    assert makespan(own) == 3.0
    assert makespan(turns) == 5.0


def test_two_engines_take_turns_on_one_memory() -> None:
    tasks = [Task("x", "a", 4.0, (), {"memory.m": 3.0}), Task("y", "b", 2.0, (), {"memory.m": 2.0})]
    assert [(slot.start_s, slot.end_s) for slot in listed(tasks)] == [(0.0, 4.0), (3.0, 5.0)]
