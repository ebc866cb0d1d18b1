"""Every weight is placed exactly once, and nothing exceeds its engine."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitline.errors import CapacityError
from bitline.hardware import Rule
from bitline.mapping import hold, place
from bitline.operators import MatMul

MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
SIDES = st.integers(1, 13)
SHAPES = st.lists(st.tuples(SIDES, SIDES, st.integers(1, 3)), min_size=1, max_size=4)


def operators(shapes):
    return [MatMul(name=f"w{n}", role="w", vectors=8, k=k, n=m, held=held) for n, (k, m, held) in enumerate(shapes)]


def units_of(shape) -> int:
    k, n, held = shape
    return math.ceil(k / 4) * math.ceil(n / 4) * held


@MANY
@given(SHAPES, st.integers(1, 5), st.integers(1, 200), st.booleans(), st.sampled_from([{}, {"duplicate": True}]))
def test_every_weight_is_placed_exactly_once(toy, chip_of, stack, shapes, layers, units, reload, more) -> None:
    chip = chip_of({"a": toy(units=units, resident=True)}, reload=reload, **more)
    workload = stack(operators(shapes), layers=layers)
    needed = layers * sum(map(units_of, shapes)) + 1
    largest = max(map(units_of, shapes))
    if needed > units and (not reload or largest > units):
        with pytest.raises(CapacityError):
            hold(workload, chip)
        return
    holdings = hold(workload, chip)
    assert holdings.units_used("a") <= units
    plan = place(workload, chip, holdings)
    sizes = {f"w{n}": units_of(shape) for n, shape in enumerate(shapes)} | {"lm_head": 1}
    seen = dict.fromkeys(sizes, 0)
    for block in plan.blocks:
        for seat in block.seats:
            seen[seat.operator.name] += block.layers
            assert seat.units == sizes[seat.operator.name]
            assert seat.own != seat.rewritten
            assert seat.rewritten is False or seat.units <= holdings.room["a"]
    assert seen == dict.fromkeys(sizes, layers) | {"lm_head": 1}
    resident = sum(s.units * s.copies * b.layers for b in plan.blocks for s in b.seats if s.own)
    assert resident + holdings.room.get("a", 0) <= units
    if needed <= units:
        assert not any(seat.rewritten for block in plan.blocks for seat in block.seats)


def test_the_error_says_what_is_missing_and_what_would_fit(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(units=7, resident=True)})
    with pytest.raises(CapacityError) as caught:
        hold(stack(operators([(4, 8, 1)]), layers=5), chip)
    text = str(caught.value)
    assert "engine 'a' has 7 arrays and the 176 weights placed on it need 11, 4 too few" in text
    assert "about 64 weights without a place" in text
    assert "It would hold 3 of 5 layers of block 'layers' beside the other blocks." in text
    assert "2 such chips" in text
    assert "schedule.reload: true" in text


def test_reload_keeps_whole_layers_and_a_room_for_one_operator(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(units=8, resident=True)}, reload=True)
    workload = stack(operators([(4, 4, 1), (4, 8, 1)]), layers=4, head=False)
    holdings = hold(workload, chip)
    assert holdings.room == {"a": 2}
    headed = hold(stack(operators([(4, 4, 1), (4, 8, 1)]), layers=4), chip)
    assert headed.on_units["head", "lm_head"].resident_layers == 0
    groups = place(workload, chip, holdings).blocks
    assert [(g.layers, [s.rewritten for s in g.seats]) for g in groups] == [(2, [False, False]), (2, [True, True])]


def test_reload_needs_room_for_the_largest_operator(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(units=3, resident=True)}, reload=True)
    with pytest.raises(
        CapacityError, match=r"'w0' of block 'layers' needs 4 arrays for one layer, and engine 'a' has 3"
    ):
        hold(stack(operators([(8, 8, 1)])), chip)


def test_layers_that_share_weights_hold_them_once(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(units=1, resident=True)})
    holdings = hold(stack(operators([(4, 4, 1)]), layers=12, shared=True, head=False), chip)
    assert holdings.units_used("a") == 1


def test_an_operator_tied_to_another_takes_no_units(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(units=3, resident=True)})
    two = [*operators([(4, 4, 1)]), MatMul(name="again", role="w", vectors=8, k=4, n=4, tied="w0")]
    workload = stack(two, layers=3, head=False)
    holdings = hold(workload, chip)
    assert holdings.units_used("a") == 3
    assert all(seat.own for block in place(workload, chip, holdings).blocks for seat in block.seats)


def test_a_table_and_the_head_tied_to_it_fill_one_memory_once(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(memory="dram")})
    assert hold(stack([], layers=1, table=16), chip).memory_values == {"dram": {8: 16}}
    apart = chip_of({"a": toy(memory="dram"), "b": toy()}, (
        Rule(operators=("embedding",), engine="b"), Rule(operators=("*",), engine="a")))  # fmt: skip
    assert hold(stack([], layers=1, table=16), apart).memory_values == {"dram": {8: 16}}


NAMED = (Rule(operators=("embedding",), engine="a"), Rule(operators=("*",), engine="a"))


def test_a_table_stands_on_units_and_the_head_tied_to_it_takes_none(toy, chip_of, stack) -> None:
    workload = stack(operators([(4, 4, 1)]), layers=2, table=9 * 4, width=4)
    chip = chip_of({"a": toy(units=5, resident=True)}, NAMED)
    holdings = hold(workload, chip)
    assert {key[1]: (h.units, h.weights, h.layers) for key, h in holdings.on_units.items()} == {
        "embedding": (3, 36, 1), "w0": (1, 16, 2), "lm_head": (1, 16, 0),
    }  # fmt: skip
    assert holdings.units_used("a") == 5
    assert not holdings.memory_values
    assert all(seat.own for block in place(workload, chip, holdings).blocks for seat in block.seats)
    apart = chip_of({"a": toy(units=3, resident=True), "b": toy(units=3, resident=True)}, (
        NAMED[0], Rule(operators=("*",), engine="b")))  # fmt: skip
    held = hold(workload, apart)
    assert (held.units_used("a"), held.units_used("b")) == (3, 3)


def test_a_table_that_does_not_fit_is_refused_or_written_in_every_step(toy, chip_of, stack) -> None:
    workload = stack(operators([(4, 4, 1)]), layers=2, table=9 * 4, width=4)
    with pytest.raises(CapacityError, match="has 4 arrays and the 68 weights placed on it need 5, 1 too few"):
        hold(workload, chip_of({"a": toy(units=4, resident=True)}, NAMED))
    chip = chip_of({"a": toy(units=4, resident=True)}, NAMED, reload=True)
    holdings = hold(workload, chip)
    assert holdings.room == {"a": 3}
    written = {seat.operator.name: seat.rewritten for b in place(workload, chip, holdings).blocks for seat in b.seats}
    assert written == {"embedding": True, "w0": True, "lm_head": True}


def test_no_table_is_copied(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(units=50, resident=True)}, NAMED, duplicate=True)
    held = hold(stack(operators([(4, 4, 1)]), layers=2, table=36, width=4), chip)
    assert {h.operator: h.copies for h in held.on_units.values()} == {"embedding": 1, "w0": 8, "lm_head": 1}


@MANY
@given(st.integers(3, 60))
def test_copies_shorten_the_longest_queue_as_far_as_units_allow(toy, chip_of, stack, units) -> None:
    chip = chip_of({"a": toy(units=units, resident=True)}, duplicate=True)
    workload = stack(
        [MatMul(name="busy", role="w", vectors=40, k=4, n=4), MatMul(name="calm", role="w", vectors=5, k=8, n=4)],
        layers=1, head=False,
    )  # fmt: skip
    copies = {h.operator: h.copies for h in hold(workload, chip).on_units.values()}
    queue = max(40 / copies["busy"], 5 / copies["calm"])
    best = min(
        max(math.ceil(40 / b), math.ceil(5 / c))
        for b in range(1, 41) for c in range(1, 6) if b + 2 * c <= units
    )  # fmt: skip
    assert math.ceil(queue) == best
