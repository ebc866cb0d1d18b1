"""Policies on layers whose times can be worked out by hand."""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from typing import get_args, get_type_hints

import numpy as np
import pytest

from bitline.engines.crossbar import Crossbar
from bitline.errors import ConfigError
from bitline.hardware import Adc, Array, Cell, Chip, Hierarchy, Rule, Schedule, Technology, Write
from bitline.mapping import hold, place
from bitline.operators import Block, MatMul, Vector, Workload
from bitline.timeline import policies, time_of
from bitline.timeline.layer import Layer
from bitline.timeline.listing import Task
from bitline.timeline.policies import choice, pipelined, sequence_blocking, sequential
from bitline.timeline.policies.choice import policy

ONE, TWO, FOUR = (Schedule(block_tokens=tokens) for tokens in (1, 2, 4))
PROJECT = Task("up", "array/up", 8.0, (), {})
ATTEND = Task("scores", "sram", 4.0, (0,), {})
NORM = Task("norm", "special", 2.0, (1,), {})


def layer(**more) -> Layer:
    tasks = (PROJECT, ATTEND, NORM)
    given = {
        "name": "layers", "layers": 3, "bills": (), "tasks": tasks, "stretches": (tasks,), "write_s": 0.0,
        "items": 4, "overlaps": False, "shared": False,
    }  # fmt: skip
    return Layer(**(given | more))


def test_sequential_adds_up_layers_and_operators() -> None:
    assert sequential.step_s([layer()], ONE) == 3 * (8 + 4 + 2)


def test_blocks_fill_once_and_then_follow_the_busiest() -> None:
    # Two blocks of two tokens: fill 4 + 2 + 1, one more interval of 4.
    assert sequence_blocking.step_s([layer()], TWO) == pytest.approx(3 * (7 + 4))
    assert sequence_blocking.step_s([layer()], FOUR) == sequential.step_s([layer()], FOUR)


def test_layers_that_overlap_fill_once_for_all() -> None:
    # Four tokens: fill 3 x (2 + 1 + 0.5); then 3 intervals of the busiest: sram serves all layers, 3 x 1 per token.
    assert pipelined.step_s([layer(overlaps=True)], ONE) == pytest.approx(10.5 + 3 * 3)
    # Alone, each layer fills and then follows its array: 3.5 + 3 x 2.
    assert pipelined.step_s([layer()], ONE) == pytest.approx(3 * (3.5 + 6))


def test_shared_weights_hold_up_every_layer() -> None:
    assert pipelined.step_s([layer(overlaps=True, shared=True)], ONE) == pytest.approx(10.5 + 3 * 3 * 2)


def test_what_follows_attention_waits_for_the_whole_sequence() -> None:
    cut = layer(stretches=((PROJECT, ATTEND), (replace(NORM, needs=()),)))
    # (3 + 3 x 2) for the first stretch, 4 x 0.5 for the second.
    assert pipelined.step_s([cut], ONE) == pytest.approx(3 * (9 + 2))


def test_writing_weights_comes_before_the_flow() -> None:
    for module in (sequential, sequence_blocking, pipelined):
        assert module.step_s([layer(write_s=5.0)], TWO) == pytest.approx(module.step_s([layer()], TWO) + 15.0)


@pytest.mark.parametrize("module", [sequential, sequence_blocking, pipelined])
def test_no_policy_beats_the_busiest_resource_or_is_beaten_by_the_serial_sum(module) -> None:
    for overlaps in (False, True):
        total = module.step_s([layer(overlaps=overlaps)], ONE)
        assert 3 * 4.0 <= total <= 3 * 14.0
        assert total >= 8.0


def test_contexts_are_one_axis() -> None:
    tasks = (PROJECT, replace(ATTEND, time_s=np.array([4.0, 40.0])))
    wide = layer(tasks=tasks, stretches=(tasks,))
    assert sequential.step_s([wide], ONE) == pytest.approx([36.0, 144.0])
    assert pipelined.step_s([wide], ONE) == pytest.approx([3 * (3 + 6), 3 * (12 + 30)])


def test_unknown_policy() -> None:
    with pytest.raises(ConfigError, match=r"schedule.policy = 'pipeline' is not one of .* Nearest: 'pipelined'"):
        policy("pipeline")


def projections(attention: bool) -> Workload:
    """Twelve layers of one 8-bit projection over 512 tokens, with or without a product of all with all."""
    operators = [MatMul(name="up", role="up", vectors=512, k=128, n=32)]
    if attention:
        operators.append(
            MatMul(name="scores", role="scores", vectors=512, k=32, n=512, stationary="cache", after=("up",))
        )
        operators.append(
            Vector(name="softmax", role="softmax", function="softmax", elements=512 * 512, after=("scores",))
        )
    blocks = (Block(name="layers", operators=tuple(operators), repeat=12),)
    return Workload(name="encoder", blocks=blocks, tokens=512, batch=1, context=512)


@pytest.fixture
def crossbars(instant):
    """One 128 x 128 array per layer; 128 columns at 1.28 GS/s, that is 100 ns for each of 8 input bits."""
    arrays = Crossbar(
        cell=Cell(technology="reram", bits=2), array=Array(rows=128, columns=128, read_s=1e-9),
        adc=Adc(bits=8, rate_hz=1.28e9), hierarchy=Hierarchy(tiles=12),
    )  # fmt: skip
    rules = (Rule(operators=("up",), engine="projection"), Rule(operators=("*",), engine="rest"))
    return Chip(
        name="xformer-like", technology=Technology(node_nm=32), engines={"projection": arrays, "rest": instant},
        placement=rules, schedule=Schedule(policy="pipelined"),
    )  # fmt: skip


def seconds(workload, chip) -> float:
    return float(time_of(place(workload, chip, hold(workload, chip)), chip).time_s[0])


def test_x_former_floor_of_one_converter_per_crossbar(crossbars) -> None:
    # 512 tokens x 8 bits x 100 ns x 12 layers = 4.9 ms: queries that see all keys keep layers from overlapping.
    floor = 512 * 8 * 100e-9 * 12
    assert floor == pytest.approx(4.9e-3, rel=0.01)
    assert seconds(projections(attention=True), crossbars) == pytest.approx(floor, rel=0.002)
    # Without attention every token goes on at once: one layer's time and eleven more tokens.
    assert seconds(projections(attention=False), crossbars) == pytest.approx((512 + 11) * 800e-9, rel=0.002)


def test_causal_attention_lets_layers_overlap_unless_its_engine_is_rewritten(crossbars, instant) -> None:
    workload = projections(attention=True)
    block = workload.blocks[0]
    causal = tuple(replace(o, masked_fraction=0.5) if o.name == "scores" else o for o in block.operators)
    workload = replace(workload, blocks=(replace(block, operators=causal),))
    assert seconds(workload, crossbars) == pytest.approx((512 + 11) * 800e-9, rel=0.002)
    holding = replace(crossbars, engines={**crossbars.engines, "rest": replace(instant, units=4)})
    assert seconds(workload, holding) == pytest.approx(512 * 800e-9 * 12, rel=0.002)


def test_a_head_that_scores_last_tokens_comes_after_the_flow(crossbars) -> None:
    workload = replace(projections(attention=False), tokens=256, batch=2)
    head = MatMul(name="lm_head", role="up", vectors=2, k=128, n=32)
    longer = replace(workload, blocks=(*workload.blocks, Block(name="head", operators=(head,))))
    arrays = replace(crossbars.engines["projection"], hierarchy=Hierarchy(tiles=13))
    roomy = replace(crossbars, engines={**crossbars.engines, "projection": arrays})
    added = seconds(longer, roomy) - seconds(workload, roomy)
    assert added == pytest.approx(2 * 800e-9, rel=0.15)


def test_rewriting_takes_its_time_in_every_layer_that_does_not_stay(crossbars) -> None:
    arrays = crossbars.engines["projection"]
    cell = replace(arrays.cell, write=Write(pulse_s=1e-7))
    few = replace(arrays, cell=cell, hierarchy=Hierarchy(tiles=4))
    schedule = Schedule(policy="sequential", reload=True)
    reloading = replace(crossbars, engines={**crossbars.engines, "projection": few}, schedule=schedule)
    roomy = replace(crossbars, schedule=schedule)
    added = seconds(projections(attention=False), reloading) - seconds(projections(attention=False), roomy)
    # One array is kept for writing, three layers stay, nine are written: 128 rows, one pulse each.
    assert added == pytest.approx(9 * 128 * 1e-7)


def test_every_policy_may_be_described() -> None:
    own = {found.name for found in pkgutil.iter_modules(policies.__path__)} - {choice.__name__.rpartition(".")[2]}
    allowed = get_args(get_type_hints(Schedule, include_extras=True)["policy"])
    assert own == set(choice.POLICIES) == set(allowed)
