"""Closed forms against a replay of every block of tokens, event by event."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.timeline.closed_form import flow_s
from bitline.timeline.listing import Task, busy, makespan

TIMES = st.lists(st.integers(1, 30), min_size=1, max_size=7)
BLOCKS = st.integers(1, 9)


def replayed(tasks: list[Task], blocks: int) -> float:
    """Time step by time step: a free resource takes the oldest block's waiting task that it can."""
    left = {(b, n): round(task.time_s) for b in range(blocks) for n, task in enumerate(tasks)}
    running: dict[str, tuple[int, int]] = {}
    done: set[tuple[int, int]] = set()
    now = 0
    while len(done) < blocks * len(tasks):
        for key in sorted(set(left) - done - set(running.values())):
            block, number = key
            ready = all((block, need) in done for need in tasks[number].needs)
            if ready and tasks[number].resource not in running:
                running[tasks[number].resource] = key
        now += 1
        for resource, key in list(running.items()):
            left[key] -= 1
            if not left[key]:
                done.add(key)
                del running[resource]
    return now


def whole(tasks: list[Task], blocks: int) -> list[Task]:
    """All blocks at once."""
    return [Task(t.name, t.resource, t.time_s * blocks, t.needs, {}) for t in tasks]


def chain(times: list[int]) -> list[Task]:
    return [Task(str(n), f"own/{n}", t, (n - 1,) if n else (), {}) for n, t in enumerate(times)]


@given(TIMES, BLOCKS)
def test_a_chain_of_units_is_exact(times, blocks) -> None:
    tasks = chain(times)
    assert flow_s(whole(tasks, blocks), blocks) == pytest.approx(replayed(tasks, blocks))
    assert replayed(tasks, blocks) == sum(times) + (blocks - 1) * max(times)


@given(st.data(), TIMES, BLOCKS)
def test_a_graph_of_units_takes_at_most_one_block_less(data, times, blocks) -> None:
    tasks = [
        Task(
            str(n), f"own/{n}", t, tuple(sorted(data.draw(st.sets(st.integers(0, n - 1), max_size=2)))) if n else (), {}
        )
        for n, t in enumerate(times)
    ]
    formula, exact = flow_s(whole(tasks, blocks), blocks), replayed(tasks, blocks)
    assert exact <= formula + 1e-9
    assert formula <= exact + makespan(tasks) + 1e-9


@given(st.data(), TIMES, st.integers(2, 9))
def test_engines_that_come_back_stay_near_the_formula(data, times, blocks) -> None:
    engines = [data.draw(st.sampled_from("abc")) for _ in times]
    tasks = [Task(str(n), engines[n], t, (n - 1,) if n else (), {}) for n, t in enumerate(times)]
    formula, exact = flow_s(whole(tasks, blocks), blocks), replayed(tasks, blocks)
    assert exact >= blocks * max(busy(tasks).values())
    assert formula <= exact + makespan(tasks)
    assert exact <= 1.5 * formula


@given(TIMES, BLOCKS)
def test_more_blocks_never_slow_and_never_beat_the_busiest(times, blocks) -> None:
    tasks = chain(times)
    total, finer = flow_s(tasks, blocks), flow_s(tasks, blocks + 1)
    assert finer <= total
    assert finer >= max(times)


def test_it_works_for_all_contexts_at_once() -> None:
    tasks = [Task("a", "a", 2.0, (), {}), Task("b", "b", np.array([1.0, 5.0]), (0,), {})]
    # Three blocks: fill (2 + 1)/3 and (2 + 5)/3, then two intervals of 2/3 and 5/3.
    assert flow_s(tasks, 3) == pytest.approx([1 + 4 / 3, 7 / 3 + 10 / 3])
