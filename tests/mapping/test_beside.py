"""One product on two engines at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.gpu import Gpu
from bitline.engines.kinds import engine_kinds
from bitline.errors import ConfigError
from bitline.hardware import Chip, Memory, Rule, Technology
from bitline.hardware.reading import parse_chip_text
from bitline.mapping import hold, place
from bitline.mapping.beside import seated
from bitline.operators import Block, MatMul, Vector
from bitline.systems import load_chip
from bitline.timeline import time_of
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import decode, load_model

MODEL = load_model("llama-2-7b")
FAST, SLOW = (Gpu(dense_macs_per_s={"fp16": 1e15}, memory=name) for name in ("near", "far"))


def chip(*rules: Rule) -> Chip:
    memories = {
        name: Memory(kind="dram", capacity_bytes=8e10, bandwidth_bytes_per_s=rate, standard="hbm2")
        for name, rate in (("near", 9e12), ("far", 1e12))
    }
    return Chip(
        name="two", technology=Technology(node_nm=7), engines={"near": FAST, "far": SLOW}, memories=memories,
        placement=(*rules, Rule(operators=("*",), engine="far")),
    )  # fmt: skip


FEED_FORWARD = ("up", "gate", "down")
SPLIT = chip(Rule(operators=FEED_FORWARD, engine="far", beside_fraction={"near": 0.9}))


def test_two_engines_read_their_shares_of_the_weights_at_once() -> None:
    step = decode(MODEL, 1, 512)
    whole, split = (time_of(place(step, one, hold(step, one)), one) for one in (chip(), SPLIT))
    seats = {b.seat.operator.name: b for b in split.layers[1].bills}
    alone = {b.seat.operator.name: b for b in whole.layers[1].bills}
    for name in FEED_FORWARD:
        mine, other = seats[name].seat.operator, seats[f"{name}@near"].seat.operator
        assert isinstance(mine, MatMul)
        assert isinstance(other, MatMul)
        assert mine.n + other.n == alone[name].seat.operator.n  # type: ignore[union-attr]
        # Nine times the bandwidth for nine times the weights: a tenth of the time each, but for inputs that both read.
        for part in (name, f"{name}@near"):
            assert float(seats[part].time_s) == pytest.approx(float(alone[name].time_s) / 10, rel=5e-3)
    saved = sum(float(alone[name].time_s) for name in FEED_FORWARD) * 0.9 * 32
    assert whole.time_s[0] - split.time_s[0] == pytest.approx(saved, rel=0.01)


def test_who_reads_a_product_waits_for_all_its_parts() -> None:
    plan = place(decode(MODEL, 1, 512), SPLIT, hold(decode(MODEL, 1, 512), SPLIT))
    block = plan.blocks[1]
    names = [seat.operator.name for seat in block.seats]
    add = names.index("add2")
    assert {names[n] for n in block.needs[add]} >= {"down", "down@near"}


def test_each_memory_holds_its_share() -> None:
    whole, split = (estimate(MODEL, one, Request(prompt=8)).held_bytes for one in (chip(), SPLIT))
    assert sum(split.values()) == pytest.approx(sum(whole.values()))
    assert split["near"] == pytest.approx(0.9 * 2 * 32 * 3 * 4096 * 11008, rel=1e-3)


def test_heads_are_dealt_out_where_keys_and_values_are_met() -> None:
    one = chip(Rule(operators=("scores", "context"), engine="far", beside_fraction={"near": 0.75}))
    plan = place(decode(MODEL, 2, 512), one, hold(decode(MODEL, 2, 512), one))
    found = {s.operator.name: s.operator for s in plan.blocks[1].seats}
    mine, other = found["scores"], found["scores@near"]
    assert isinstance(mine, MatMul)
    assert isinstance(other, MatMul)
    assert (mine.per_request, other.per_request) == (8, 24)
    assert (mine.matrices, other.matrices) == (2 * 8, 2 * 24)


def test_shares_are_checked() -> None:
    text = """
name: c
technology: {node_nm: 7}
engines:
  gpu: {kind: gpu, dense_macs_per_s: {fp16: 1.0e+14}, memory: hbm}
  other: {kind: gpu, dense_macs_per_s: {fp16: 1.0e+14}, memory: hbm}
memories: {hbm: {kind: dram, capacity_bytes: 1.0e+10, bandwidth_bytes_per_s: 1.0e+12}}
placement:
  - {operators: ["*"], engine: gpu, beside_fraction: {other: 0.5}}
"""
    assert parse_chip_text(text, engine_kinds()).placement[0].beside_fraction == {"other": 0.5}
    for wrong, said in (("{other: 1.0}", "below 1"), ("{gpu: 0.5}", "not one of other"), ("{othr: 0.5}", "'other'")):
        with pytest.raises(ConfigError, match=said):
            parse_chip_text(text.replace("{other: 0.5}", wrong), engine_kinds())


def test_an_engine_that_cannot_take_part_is_named() -> None:
    aim = load_chip("pim-gpt")
    wrong = replace(aim, placement=(Rule(operators=("*",), engine="banks", beside_fraction={"asic": 0.5}),))
    with pytest.raises(ConfigError, match="banks"):
        hold(decode(load_model("gpt2"), 1, 8), wrong)


@given(st.integers(1, 40), st.lists(st.floats(0.001, 0.3), min_size=1, max_size=3))
def test_whole_outputs_are_dealt_out_and_none_is_owed(outputs: int, shares: list[float]) -> None:
    names = ("near", "third", "fourth")
    engines = dict.fromkeys(names, FAST) | {"far": SLOW}
    rule = Rule(operators=("up",), engine="far", beside_fraction=dict(zip(names, shares, strict=False)))
    one = replace(chip(rule), engines=engines)
    up = MatMul(name="up", role="up", vectors=3, k=8, n=outputs)
    add = Vector(name="add", role="residual", function="add", elements=3 * outputs, after=("up",))
    block, where = seated(Block(name="layers", operators=(up, add)), one)
    parts = [o for o in block.operators if isinstance(o, MatMul)]
    assert sum(o.n for o in parts) == outputs
    assert all(o.n > 0 for o in parts[1:])
    assert parts[0].n >= 0
    assert block.operators[-1].after == tuple(o.name for o in parts)
    assert abs(outputs * (1 - sum(shares)) - parts[0].n) <= 0.5 + 1e-9
    assert [where[o.name] for o in parts[1:]] == [o.name.removeprefix("up@") for o in parts[1:]]


def test_an_engine_without_a_whole_head_takes_no_part() -> None:
    one = chip(Rule(operators=("*",), engine="far", beside_fraction={"near": 0.01}))
    found = estimate(MODEL, one, Request(prompt=8, generate=2))
    names = {o.name for o in found.operators}
    assert {"up@near", "scores", "scores@near"} & names == {"up@near", "scores"}
    assert found.macs == pytest.approx(estimate(MODEL, chip(), Request(prompt=8, generate=2)).macs)


def test_weights_that_few_vectors_meet_elsewhere_are_told() -> None:
    few = chip(Rule(operators=("up",), engine="near", most_vectors=4))
    found, alone = (estimate(MODEL, one, Request(prompt=8, generate=2)) for one in (few, chip()))
    assert [w for w in found.warnings if "few vectors" in w] == [
        "weights of up are read from memory 'near' too where few vectors meet them: what a token of each of these "
        "requests meets there takes room there as well."
    ]
    assert found.held_bytes["far"] == alone.held_bytes["far"]
    assert found.held_bytes["near"] == alone.held_bytes.get("near", 0) + 2 * 32 * 4096 * 11008
    many = estimate(MODEL, few, Request(batch=5, prompt=8, generate=2)).held_bytes
    assert many.get("near", 0) == alone.held_bytes.get("near", 0), "five tokens are too many for the rule"
    assert not [w for w in estimate(MODEL, SPLIT, Request(prompt=8, generate=2)).warnings if "few vectors" in w]
