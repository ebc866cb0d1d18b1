"""Metrics of batches: equal requests against one context, sums by hand, and what must hold of any chip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bitline.errors import ConfigError
from bitline.reproduce.metrics import batches
from bitline.reproduce.metrics.parallel import layer_s
from bitline.systems import load_chip
from bitline.workload import load_model

MODEL = load_model("gpt3-6.7b")


def test_operators_of_a_layer_add_up_to_the_layer() -> None:
    chip = load_chip("neupims")
    groups = (["q", "k", "v", "kv_write"], ["scores", "softmax", "context"], ["out", "up", "down"])
    functions = ["norm1", "norm2", "add1", "add2", "gelu"]
    parts = [
        batches.batch_operators_s(chip=chip, model=MODEL, operators=names, context=1024, batch=4)
        for names in (*groups, functions)
    ]
    assert sum(parts) == pytest.approx(layer_s(chip=chip, model=MODEL, context=1024, batch=4))


def test_operators_in_turn_give_the_ratio_of_layers() -> None:
    chip, alone = load_chip("neupims"), load_chip("neupims/npu-only-ideal")
    asked = {"model": MODEL, "context": 1024, "batch": 32}
    ratio = layer_s(chip=alone, **asked) / layer_s(chip=chip, **asked)
    assert batches.batch_in_turn_speedup(chip=chip, against=alone, **asked) == pytest.approx(ratio, rel=0.01)
    assert batches.batch_speedup(chip=chip, against=chip, **asked) == 1.0


def test_means_and_ends_are_those_of_every_point() -> None:
    chip, alone = load_chip("neupims"), load_chip("neupims/npu-pim")
    asked = {"chip": chip, "against": alone}
    points = [
        batches.batch_speedup(model=load_model(model), batch=batch, requests="sharegpt", **asked)
        for model in ("gpt3-6.7b", "gpt3-30b")
        for batch in (64, 512)
    ]
    over = {"models": ["gpt3-6.7b", "gpt3-30b"], "requests": ["sharegpt"]}
    many = over | {"batches": [64, 512]}
    assert batches.batch_speedup_mean(**asked, **many) == pytest.approx(np.mean(points))
    assert batches.batch_speedup_most(**asked, **many) == max(points)
    assert batches.batch_speedup_least(**asked, **many) == min(points)
    grown = batches.batch_speedup_growth(**asked, **over, batch=512, smaller=64)
    assert grown == pytest.approx((points[1] + points[3]) / (points[0] + points[2]))


def test_parts_that_never_come_gain_nothing() -> None:
    chip = load_chip("neupims")
    single = replace(chip, schedule=replace(chip.schedule, sub_batches=1))
    assert batches.interleaving_gain(chip=single, model=MODEL, batch=64, context=256) == 1.0


def test_a_busy_grid_is_never_busier_than_its_peak_and_busier_with_more_requests() -> None:
    for name in ("neupims", "neupims/npu-only-ideal", "neupims/gpu-only"):
        few, many = (
            batches.product_use_fraction(chip=load_chip(name), model=MODEL, batch=batch, context=64)
            for batch in (8, 512)
        )
        assert 0 < few < many < 1


def test_balanced_channels_are_no_slower_than_requests_in_turn() -> None:
    chip = load_chip("neupims")
    banks = replace(chip.engines["banks"], packing="round_robin")  # type: ignore[call-arg]
    turns = replace(chip, engines={**chip.engines, "banks": banks})
    assert batches.batch_speedup(chip=chip, against=turns, model=MODEL, batch=128, requests="sharegpt") > 1.02


def test_drawn_lengths_have_the_stated_means_and_an_unknown_name_is_refused() -> None:
    drawn = batches._lengths("alpaca", 50_000, 0, 0)
    assert drawn.mean() == pytest.approx(12 + 56 + 1.5, rel=0.03)
    with pytest.raises(ConfigError, match="sharegtp"):
        batches.batch_speedup(
            chip=load_chip("neupims"), against=load_chip("neupims"), model=MODEL, batch=4, requests="sharegtp"
        )


@pytest.mark.parametrize("batch", [32, 64, 128, 256, 512])
def test_two_layers_in_halves_take_what_the_six_stages_of_the_artifact_add_up_to(batch: int) -> None:
    # Its stages end together: QKV | QKV, attention | rest and QKV, attention | the same | rest, attention | rest.
    chip = load_chip("neupims")
    groups = {
        "qkv": ["norm1", "q", "k", "v", "kv_write"], "attention": ["scores", "softmax", "context"],
        "rest": ["out", "add1", "norm2", "up", "gelu", "down", "add2"],
    }  # fmt: skip
    alone = replace(chip, schedule=replace(chip.schedule, policy="sequential"))
    of = {
        name: batches.batch_operators_s(chip=alone, model=MODEL, operators=ops, context=1024, batch=batch // 2)
        for name, ops in groups.items()
    }
    qkv, attention, rest = of["qkv"], of["attention"], of["rest"]
    staged = qkv + max(qkv, attention) + 2 * max(rest + qkv, attention) + max(rest, attention) + rest
    ours = batches.interleaved_layers_s(chip=chip, model=MODEL, batch=batch, layers=2, context=1024)
    assert ours == pytest.approx(staged, rel=0.07)
