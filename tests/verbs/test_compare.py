"""A comparison is its estimates, side by side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.errors import BitlineError, CapacityError
from bitline.operators import MatMul
from bitline.systems import chosen, load_chip
from bitline.verbs.compare import compare
from bitline.verbs.described import described
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import load_model, prefill

REQUEST = Request(batch=2, prompt=64, generate=16)


def test_each_entry_is_the_estimate_of_its_chip():
    found = compare("llama-3.2-1b", ["h100", load_chip("a100")], REQUEST)
    assert [one.chip for one in found.entries] == ["h100", "a100"]
    for one in found.entries:
        alone = estimate(load_model("llama-3.2-1b"), load_chip(one.chip), REQUEST)
        assert one.estimate is not None
        assert one.estimate.total_s == alone.total_s
        assert one.estimate.energy_j == alone.energy_j
        assert one.utilisation_fraction == pytest.approx(alone.ops_per_s / alone.peak_ops_per_s)
        assert 0 < one.utilisation_fraction < 1


def test_a_chip_that_cannot_hold_the_model_says_by_how_much():
    found = compare("llama-2-7b", ["gtx-1060", "h100"], REQUEST)
    small, large = found.entries
    assert small.estimate is None
    assert "too few" in small.why_not
    assert large.estimate is not None
    assert large.why_not == ""


def test_room_is_that_of_the_fullest_store():
    board, flash = compare("llama-2-7b", ["h100", "cambricon-llm-s"], REQUEST).entries
    assert board.estimate is not None
    assert board.fullest is not None
    assert (board.fullest.name, board.fullest.unit) == ("hbm", "bytes")
    assert board.fullest.needed == board.estimate.held_bytes["hbm"]
    assert board.fullest.used_fraction == pytest.approx(board.fullest.needed / 80e9)
    assert board.fullest.missing == 0
    assert flash.fullest is not None
    assert flash.fullest.name == "nand"
    (arrays,) = compare("bert-base-uncased", ["xformer"]).entries
    assert arrays.fullest is not None
    assert arrays.fullest.unit == "arrays"
    assert 0 < arrays.fullest.used_fraction <= 1


def test_groups_of_devices_have_the_room_of_all():
    alone, four, stages = compare("llama-2-7b", ["h100", "h100@4", "h100@1x4"], REQUEST).entries
    for group in (four, stages):
        assert alone.fullest is not None
        assert group.fullest is not None
        assert group.fullest.room == 4 * alone.fullest.room
        assert group.fullest.needed == pytest.approx(alone.fullest.needed, rel=0.1)


def test_what_is_missing_is_a_number(monkeypatch):
    def full(*_):
        raise CapacityError("too large", needed=12e9, room=8e9, unit="bytes")

    monkeypatch.setattr("bitline.verbs.compare.estimate", full)
    (one,) = compare("llama-2-7b", ["h100"], REQUEST).refused
    assert one.fullest is not None
    assert one.fullest.missing == 4e9
    assert one.fullest.used_fraction == 1.5
    assert one.utilisation_fraction == 0


def test_patterns_and_all():
    names = [one.chip for one in compare("gpt2", ["h100", "cambricon-*", "h100"], REQUEST).entries]
    assert names == ["h100", "cambricon-llm-l", "cambricon-llm-m", "cambricon-llm-s"]
    whole = compare("gpt2", ["all"], REQUEST)
    assert len(whole.entries) == len(chosen(["all"]))
    assert {one.chip for one, _ in whole.running} | {one.chip for one in whole.refused} == set(chosen(["all"]))


def test_changed_chips_of_one_name_are_told_apart():
    board = load_chip("h100")
    slow = replace(board, memories={"hbm": replace(board.memories["hbm"], bandwidth_bytes_per_s=1e12)})
    found = compare("llama-2-7b", [board, slow, board, replace(slow)], REQUEST)
    assert [one.chip for one in found.entries] == ["h100", "h100 (2)", "h100 (3)"]
    fast, slower, _ = (cost.mean_time_per_token_s for _, cost in found.running)
    assert slower > fast


def test_the_embedded_model_has_a_name():
    assert compare("embedded", ["default"]).running[0][1].model == "embedded"


def test_an_encoder_is_asked_for_no_tokens():
    assert compare("bert-base-uncased", ["xformer"]).request.generate == 0


@pytest.mark.parametrize(
    ("model", "chips", "told"),
    [
        ("llama-2-7b", [], "on"),
        ("llama-2-7b", ["h1000"], "h100"),
        ("lama-2-7b", ["h100"], "llama-2-7b"),
        ("llama-2-7b", [None], "chip = None is not a name or a path"),
        (None, ["h100"], "model = None is not the name of a preset or a path"),
    ],
)
def test_wrong_names_are_told(model, chips, told):
    with pytest.raises(BitlineError, match=told):
        compare(model, chips, REQUEST)


def test_a_request_that_the_model_cannot_serve_is_an_error():
    with pytest.raises(BitlineError, match="encoder"):
        compare("bert-base-uncased", ["h100"], Request(prompt=8, generate=8))


def test_an_encoder_that_takes_fewer_tokens_is_asked_for_those():
    assert compare("vit-base-16", ["h100"]).request == Request(prompt=197)


def test_weights_that_have_no_place_are_told():
    cost = estimate("embedded", "cpsaa", Request(prompt=16))
    (told,) = (one for one in cost.warnings if one.startswith("weights in no memory"))
    held = dict.fromkeys((one.role for one in cost.operators), 0.0)
    for block in prefill(described("embedded"), 1, 16).blocks:
        for one in block.operators:
            if isinstance(one, MatMul) and one.stationary == "weight":
                held[one.role] += float(one.k * one.n * block.repeat)
    away = sum(held[role] for role in ("out", "up", "gate", "down", "lm_head")) / sum(held.values())
    assert "out, up, gate, down, lm_head" in told
    assert f"({away:.0%} of" in told
    assert not any(one.startswith("weights in no memory") for one in estimate("embedded", "default").warnings)
