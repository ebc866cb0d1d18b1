"""Attention head by head, and parts of a batch that interleave: by hand, and against a replay."""

from __future__ import annotations

import heapq
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import Schedule
from bitline.mapping import Seat
from bitline.operators import MatMul, Operator, Vector
from bitline.systems import load_chip
from bitline.timeline.bill import Bill
from bitline.timeline.by_head import by_head
from bitline.timeline.layer import Layer
from bitline.timeline.listing import Task, busy, makespan
from bitline.timeline.policies import co_execute, sequential, sub_batch
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request

PLAIN = Schedule()


def product(name: str, stationary: str) -> MatMul:
    return MatMul(name=name, role=name, vectors=1, k=1, n=1, stationary=stationary)  # type: ignore[arg-type]


Steps = tuple[tuple[Operator, str, tuple[int, ...]], ...]
STEPS: Steps = (
    (product("q", "weight"), "npu", ()),
    (product("scores", "cache"), "banks", (0,)),
    (Vector(name="softmax", role="softmax", function="softmax", elements=1), "lanes", (1,)),
    (product("context", "cache"), "banks", (2,)),
    (product("out", "weight"), "npu", (3,)),
    (Vector(name="add", role="add", function="add", elements=1), "lanes", (0, 4)),
)


def layer(*times_s: float, heads: int = 8, passes: int = 1, layers: int = 1, steps: Steps = STEPS) -> Layer:
    """Make a layer of attention; the times are of all passes together."""
    bills, tasks = [], []
    for (usual, engine, needs), time_s in zip(steps, times_s, strict=True):
        operator = replace(usual, per_request=heads) if isinstance(usual, MatMul) else usual
        seat = Seat(operator=operator, engine=engine)
        costs: dict[str, Any] = {"write_s": 0.0, "shared_s": {}, "uses": {}, "energy_j": 0.0, "macs": 0.0}
        bills.append(Bill(seat=seat, time_s=time_s, total_s=time_s, bottleneck=engine, **costs))
        tasks.append(Task(operator.name, engine, time_s, needs, {}))
    return Layer(
        name="layers", layers=layers, bills=tuple(bills), tasks=tuple(tasks), stretches=(tuple(tasks),), write_s=0.0,
        items=1, overlaps=False, shared=False, passes=passes,
    )  # fmt: skip


def test_functions_of_one_head_run_while_banks_are_at_another() -> None:
    one = layer(10.0, 8.0, 4.0, 8.0, 10.0, 1.0, heads=4)
    # Banks work 16; the first head's softmax is the only one that nothing hides: 1.
    assert makespan(by_head(one, ())) == pytest.approx(10 + 16 + 1 + 10 + 1)
    assert co_execute.step_s([one], PLAIN) == makespan(by_head(one, ()))
    assert sequential.step_s([one], PLAIN) == 41


def test_one_head_has_nothing_to_overlap_with() -> None:
    one = layer(10.0, 8.0, 4.0, 8.0, 10.0, 1.0, heads=1)
    assert co_execute.step_s([one], PLAIN) == sequential.step_s([one], PLAIN)


def test_what_stands_between_roles_and_attention_joins_them() -> None:
    # Keys are written after q and before scores, on lanes: 2 seconds that overlap with the others.
    one = layer(10.0, 8.0, 4.0, 8.0, 10.0, 1.0, heads=4)
    write = Task("write", "lanes", 2.0, (0,), {})
    tasks = (one.tasks[0], write, *(replace(t, needs=tuple(n + 1 if n else n for n in t.needs)) for t in one.tasks[1:]))
    tasks = (*tasks[:2], replace(tasks[2], needs=(0, 1)), *tasks[3:])
    lanes = Seat(operator=Vector(name="w", role="w", function="add", elements=1), engine="lanes")
    bill = one.bills[0]._replace(seat=lanes)
    written = replace(one, tasks=tasks, bills=(one.bills[0], bill, *one.bills[1:]))
    # The npu works 20; what else one head takes is (8 + 4 + 8 + 2) / 4; then the sum.
    assert makespan(by_head(written, ("q", "out"))) == pytest.approx(20 + 22 / 4 + 1)


def test_roles_join_attention_on_request() -> None:
    one = layer(10.0, 8.0, 4.0, 8.0, 10.0, 1.0, heads=4)
    found = makespan(by_head(one, ("q",)))
    # The projection of the next head is made meanwhile: 10 of 26 in front are hidden but for a head's part.
    assert found == pytest.approx(16 + (10 + 4) / 4 + 10 + 1)


TIMES = st.lists(st.floats(0.1, 10.0), min_size=6, max_size=6)


@given(TIMES, st.integers(1, 64))
def test_heads_never_take_longer_than_in_turn_nor_less_than_the_busiest(times: list[float], heads: int) -> None:
    one = layer(*times, heads=heads)
    found = float(co_execute.step_s([one], PLAIN))
    assert max(float(time_s) for time_s in busy(one.tasks).values()) <= found * (1 + 1e-9)
    assert found <= float(sequential.step_s([one], PLAIN)) * (1 + 1e-9)


def replayed(times: list[float], heads: int, passes: int, layers: int) -> float:
    """Let every pass go through the layers on its own, attention head by head; what can start first starts.

    Banks stay with a pass until all its heads are done. Of what can start at the same time, the pass that is behind
    goes first.
    """
    steps: list[tuple[str, float, tuple[int, ...]]] = [("npu", times[0], ())]
    for _ in range(heads):
        begin = len(steps)
        steps.append(("banks", times[1] / heads, (0,)))
        steps.append(("lanes", times[2] / heads, (begin,)))
        steps.append(("banks", times[3] / heads, (begin + 1,)))
    steps.append(("npu", times[4], tuple(range(3, len(steps), 3))))
    steps.append(("lanes", times[5], (0, len(steps) - 1)))
    readers: list[list[int]] = [[n for n, (_, _, needs) in enumerate(steps) if m in needs] for m in range(len(steps))]
    free: dict[str, float] = {}
    left = {p: [len(needs) for _, _, needs in steps] for p in range(passes)}
    ready: dict[int, list[float]] = {p: [0.0] * len(steps) for p in range(passes)}
    holder: int | None = None
    parked: list[tuple[float, int, int, int]] = []
    at = [(0.0, 0, 0, p) for p in range(passes)]
    while at:
        event = expected, done, number, one = heapq.heappop(at)
        resource, time_s, _ = steps[number]
        if resource == "banks" and holder not in (None, one):
            parked.append(event)
            continue
        start = max(ready[one][number], free.get(resource, 0.0))
        if start > expected:
            heapq.heappush(at, (start, done, number, one))
            continue
        end = free[resource] = start + time_s / passes
        if resource == "banks":
            holder = None if left[one][len(steps) - 2] == 1 and (number - 1) % 3 == 2 else one
            if holder is None:
                at.extend((max(end, t), d, n, p) for t, d, n, p in parked)
                parked.clear()
                heapq.heapify(at)
        for reader in readers[number]:
            left[one][reader] -= 1
            ready[one][reader] = max(ready[one][reader], end)
            if not left[one][reader]:
                heapq.heappush(at, (ready[one][reader], done, reader, one))
        if number == len(steps) - 1 and done + 1 < layers:
            left[one] = [len(needs) for _, _, needs in steps]
            ready[one] = [end] * len(steps)
            heapq.heappush(at, (end, done + 1, 0, one))
    return max(free.values())


LONG, SHORT = st.floats(0.1, 10.0), st.floats(0.01, 1.0)


@given(st.tuples(LONG, LONG, SHORT, LONG, LONG, SHORT), st.integers(1, 8))
def test_parts_of_a_batch_take_what_a_replay_of_them_takes(times: tuple[float, ...], heads: int) -> None:
    one = layer(*times, passes=2, heads=heads, layers=12)
    ours, played = float(sub_batch.step_s([one], PLAIN)), replayed(list(times), heads, 2, 12)
    # Parts that meet on a resource get in each other's way, which the closed form leaves out.
    assert 0.6 * played <= ours <= 1.1 * played


def test_most_batches_in_parts_take_exactly_what_their_replay_takes() -> None:
    chance = random.Random(1)
    ratios = []
    for _ in range(300):
        times = [chance.uniform(0.1, 10) * (0.1 if number in (2, 5) else 1) for number in range(6)]
        heads = chance.randint(1, 8)
        one = layer(*times, passes=2, heads=heads, layers=12)
        ratios.append(float(sub_batch.step_s([one], PLAIN)) / replayed(times, heads, 2, 12))
    low, middle, high = np.percentile(ratios, [10, 50, 90])
    assert middle == pytest.approx(1.0, abs=0.01)
    assert low > 0.9
    assert high < 1.03


def test_two_parts_keep_the_busier_side_at_work() -> None:
    # A part spends 10 + 10 at weights and 16 + 1 at attention: the processor paces both.
    one = layer(20.0, 16.0, 8.0, 16.0, 20.0, 2.0, heads=4, passes=2, layers=10)
    once_s = (20 + 32 + 2 + 20 + 2) / 2
    assert sub_batch.step_s([one], PLAIN) == pytest.approx(10 * 40 + once_s - 20)
    assert sub_batch.step_s([replace(one, passes=1)], PLAIN) == co_execute.step_s([one], PLAIN)


def test_a_second_attention_goes_by_head_behind_the_first() -> None:
    # Keys of the second are written whenever they are made; its queries wait for all heads of the first.
    operators = [
        product("scores", "cache"), product("context", "cache"), product("out", "weight"), product("cross_k", "weight"),
        product("cross_scores", "cache"), product("cross_context", "cache"), product("cross_out", "weight"),
    ]  # fmt: skip
    needs = ((), (0,), (1,), (), (2, 3), (4,), (5,))
    engines = ("banks", "lanes", "npu", "npu", "banks", "lanes", "npu")
    times = (6.0, 2.0, 10.0, 3.0, 4.0, 8.0, 1.0)
    found = by_head(layer(*times, steps=tuple(zip(operators, engines, needs, strict=True))), ())
    assert [task.name for task in found] == ["attention", "out", "cross_k", "attention", "cross_out"]
    # 6 + 2/8, then 10; keys were made meanwhile, but on the same engine; then 8 + 4/8, then 1.
    assert makespan(found) == pytest.approx(6.25 + 10 + 3 + 8.5 + 1)


@pytest.mark.parametrize("policy", ["co_execute", "sub_batch"])
@pytest.mark.parametrize("model", ["t5-small", "whisper-tiny"])
def test_models_with_two_attentions_in_a_layer(model: str, policy: str) -> None:
    chip = load_chip("neupims")
    chips = [
        replace(chip, schedule=replace(chip.schedule, policy=one, least_batch=64)) for one in (policy, "sequential")
    ]
    asked = Request(batch=4, prompt=32, generate=4)
    overlapped, in_turn = (estimate(model, one, asked) for one in chips)
    assert 0.5 * in_turn.total_s < overlapped.total_s <= in_turn.total_s


def test_layers_of_two_kinds_fill_once_for_the_one_that_takes_longer_to_pass() -> None:
    # The processor paces both parts of both kinds, 40 and 4 a layer.
    long, short = (
        layer(*times, heads=4, passes=2, layers=10)
        for times in ((20.0, 16.0, 8.0, 16.0, 20.0, 2.0), (2.0, 1.0, 1.0, 1.0, 2.0, 1.0))
    )
    alone = [float(sub_batch.step_s([one], PLAIN)) for one in (long, short)]
    filled = alone[0] - 10 * 40
    assert filled == pytest.approx((20 + 32 + 2 + 20 + 2) / 2 - 20)
    for order in ((long, short), (short, long)):
        assert sub_batch.step_s(order, PLAIN) == pytest.approx(10 * 40 + 10 * 4 + filled)
