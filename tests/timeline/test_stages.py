"""Passes that follow each other through stages: as soon as what holds them up is free again, and no sooner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.engines.crossbar import Crossbar
from bitline.errors import CapacityError
from bitline.hardware import Adc, Array, Cell, Chip, Devices, Hierarchy, Rule, Schedule, Technology, Write
from bitline.mapping import hold, place
from bitline.operators import Block, MatMul, Workload
from bitline.systems import load_chip
from bitline.timeline import time_of
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request

TOKEN_S = 8 * 100e-9
"""Eight pulses of an input, each read out by one converter in 100 ns."""


def chip(policy: str, **devices: int) -> Chip:
    """Twenty arrays of one converter each."""
    arrays = Crossbar(
        cell=Cell(technology="reram", bits=2), array=Array(rows=128, columns=128, read_s=1e-9),
        adc=Adc(bits=8, rate_hz=1.28e9), hierarchy=Hierarchy(tiles=20),
    )  # fmt: skip
    return Chip(
        name="arrays", technology=Technology(node_nm=32), engines={"arrays": arrays},
        placement=(Rule(operators=("*",), engine="arrays"),), schedule=Schedule(policy=policy),
        devices=Devices(**devices),
    )  # fmt: skip


def prompts(batch: int, head: int = 0) -> Workload:
    """Twelve layers of one product, and a head that meets so many times the tokens."""
    up = MatMul(name="up", role="up", vectors=batch * 512, k=128, n=32)
    blocks = (Block(name="layers", operators=(up,), repeat=12),)
    if head:
        scored = replace(up, name="lm_head", role="lm_head", vectors=head * batch * 512)
        blocks = (*blocks, Block(name="head", operators=(scored,)))
    return Workload(name="prompts", blocks=blocks, tokens=512, batch=batch, context=512)


def tokens(workload: Workload, described: Chip) -> float:
    return float(time_of(place(workload, described, hold(workload, described)), described).time_s[0]) / TOKEN_S


def test_arrays_that_every_token_passes_hold_up_passes_as_they_hold_up_tokens() -> None:
    # All layers are at work on one device already: more devices bring nothing, and as little do passes.
    alone, staged = (tokens(prompts(4), chip("pipelined", pipeline=stages)) for stages in (1, 4))
    assert alone == pytest.approx(4 * 512 + 11, rel=1e-3)
    assert staged == pytest.approx(alone, rel=1e-3)


def test_stages_of_layers_that_wait_for_each_other_take_a_pass_each() -> None:
    assert tokens(prompts(4), chip("sequential", pipeline=4)) == pytest.approx((12 + 3 * 3) * 512, rel=1e-3)


def test_a_block_longer_than_a_stage_sets_the_pace() -> None:
    assert tokens(prompts(4, head=8), chip("sequential", pipeline=4)) == pytest.approx((20 + 3 * 8) * 512, rel=1e-3)
    assert tokens(prompts(4, head=2), chip("sequential", pipeline=4)) == pytest.approx((14 + 3 * 3.5) * 512, rel=1e-3)


def test_more_stages_than_layers_leave_some_idle() -> None:
    assert tokens(prompts(2), chip("sequential", pipeline=20)) == pytest.approx((12 + 1) * 512, rel=1e-3)


def test_stages_keep_keys_and_values_of_all_passes() -> None:
    one, four = (
        estimate("embedded", name, Request(batch=4, prompt=64, generate=9)) for name in ("default", "default@1x4")
    )
    kept = [{engine.name: (engine.units_used, engine.units) for engine in e.engines}["attention"] for e in (one, four)]
    assert kept == [(384, 1024), (384, 4 * 1024)]
    assert estimate("embedded", "default@1x4", Request(batch=40, prompt=64, generate=9)).total_s > 0
    with pytest.raises(CapacityError, match="44 x"):
        estimate("embedded", "default@1x4", Request(batch=44, prompt=64, generate=9))


def test_arrays_are_counted_on_all_devices() -> None:
    one, two = (estimate("embedded", load_chip(name), Request(prompt=64)) for name in ("default", "default@2"))
    assert [e.units for e in two.engines] == [2 * e.units for e in one.engines]
    weights = [sum(o.units for o in e.operators if o.engine == "weights") for e in (one, two)]
    assert [e.engines[0].units_used for e in (one, two)] == weights


def test_weights_that_come_and_go_are_written_for_each_part_of_a_batch() -> None:
    few = chip("sub_batch")
    arrays = few.engines["arrays"]
    assert isinstance(arrays, Crossbar)
    cell = replace(arrays.cell, write=Write(pulse_s=1e-7))
    few = replace(
        few, engines={"arrays": replace(arrays, cell=cell, hierarchy=Hierarchy(tiles=4))},
        schedule=replace(few.schedule, reload=True),
    )  # fmt: skip
    step = prompts(2)
    timing = time_of(place(step, few, hold(step, few)), few)
    written_s = sum(bill.write_s * layer.layers for layer in timing.layers for bill in layer.bills)
    assert timing.passes == 2
    # Three of twelve layers stay; nine are written, 128 rows each.
    assert written_s == pytest.approx(9 * 128 * 1e-7)
    assert sum(layer.write_s * layer.layers for layer in timing.layers) == pytest.approx(2 * written_s)
    assert timing.time_s[0] >= 2 * written_s
