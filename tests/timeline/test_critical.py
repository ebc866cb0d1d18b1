"""What a layer waits for, all at once and in blocks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.mapping import Seat
from bitline.operators import Vector
from bitline.timeline.bill import Bill
from bitline.timeline.critical import waits
from bitline.timeline.layer import Layer
from bitline.timeline.listing import Task


def bill(name: str, engine: str, time_s: float, memory_s: float) -> Bill:
    operator = Vector(name=name, role=name, function="add", elements=1)
    return Bill(
        seat=Seat(operator=operator, engine=engine), time_s=time_s, write_s=0.0, shared_s={"memory.m": memory_s},
        uses={}, energy_j=0.0, bottleneck=f"{engine}.part", total_s=time_s, macs=0.0,
    )  # fmt: skip


@pytest.fixture
def layer() -> Layer:
    bills = (bill("x", "a", 4.0, 3.0), bill("y", "b", 3.0, 2.0))
    tasks = tuple(Task(b.seat.operator.name, b.seat.engine, b.time_s, (), b.shared_s) for b in bills)
    return Layer(
        name="layers", layers=2, bills=bills, tasks=tasks, stretches=(tasks,), write_s=0.0, items=4,
        overlaps=False, shared=False,
    )  # fmt: skip


def test_tokens_at_once_wait_for_the_slowest_part_of_every_operator(layer) -> None:
    assert waits(layer, 1, 1) == {("a.part", "x"): 4.0, ("b.part", "y"): 3.0}


def test_tokens_in_blocks_wait_for_the_busiest_resource(layer) -> None:
    # The memory is taken for 3 + 2, longer than either engine.
    assert waits(layer, 4, 1) == {("memory.m", "x"): 3.0, ("memory.m", "y"): 2.0}
    calm = replace(layer, stretches=(layer.tasks[:1],))
    assert waits(calm, 4, 1) == {("a.part", "x"): 4.0}


def test_writing_weights_is_waited_for_as_well(layer) -> None:
    first = layer.bills[0]
    written = first._replace(seat=replace(first.seat, rewritten=True), write_s=7.0, bottleneck="a.write")
    assert waits(replace(layer, bills=(written, layer.bills[1])), 4, 1)["a.write", "x"] == 7.0
