"""What crosses the channels of a flash, and the figures of Cambricon-LLM that must hold together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline import Request, estimate, load_chip
from bitline.errors import ConfigError
from bitline.reproduce.metrics.flash import (
    channel_bytes_per_token,
    channel_use_fraction,
    compute_cores,
    context_speedup,
    context_tokens_per_s,
    outlier_code_bytes,
    weight_bytes_per_s,
)
from bitline.workload import Model, load_model

SMALL, LARGE = load_chip("cambricon-llm-s"), load_chip("cambricon-llm-l")


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("opt-6.7b")


def test_the_rate_is_that_of_the_step_at_the_context(model: Model) -> None:
    found = estimate(model, SMALL, Request(prompt=500, generate=3))
    assert list(found.contexts) == [501, 502]
    assert 1.0 / context_tokens_per_s(chip=SMALL, model=model, context=502) == pytest.approx(found.time_per_token_s[1])


def test_channels_carry_the_weights_of_the_host_and_little_else(model: Model) -> None:
    moved = channel_bytes_per_token(chip=SMALL, model=model, context=1000, engine="flash")
    alone = load_chip("cambricon-llm-s/dies-only")
    rounds = channel_bytes_per_token(chip=alone, model=model, context=1000, engine="flash")
    weights = 32 * 12 * 4096**2 + 50272 * 4096
    assert rounds == pytest.approx(weights / (2048 * 256) * 8 * 512, rel=0.01)
    assert 0.25 * weights < moved < 0.35 * weights
    step_s = 1.0 / context_tokens_per_s(chip=SMALL, model=model, context=1000)
    use = channel_use_fraction(chip=SMALL, model=model, context=1000, engine="flash")
    assert use == pytest.approx(moved / 8e9 / step_s)
    assert use < 1


def test_longer_contexts_are_slower_by_their_keys_and_values(model: Model) -> None:
    short, long = (1.0 / context_tokens_per_s(chip=LARGE, model=model, context=c) for c in (1000, 2000))
    assert long - short == pytest.approx(1000 * 2 * 32 * 4096 / 40e9, rel=0.05), "and softmax"


def test_slices_and_the_split_both_help(model: Model) -> None:
    for name in ("whole-reads", "dies-only"):
        against = load_chip(f"cambricon-llm-s/{name}")
        assert context_speedup(chip=SMALL, against=against, model=model, context=1000) > 1.3


def test_a_large_flash_loses_most_where_inputs_are_no_power_of_two() -> None:
    share = {}
    for name, weights in (("opt-6.7b", 32 * 12 * 4096**2), ("opt-66b", 64 * 12 * 9216**2)):
        step_s = 1.0 / context_tokens_per_s(chip=LARGE, model=load_model(name), context=2)
        share[name] = weights / weight_bytes_per_s(chip=LARGE, engine="flash") / step_s
    assert share["opt-6.7b"] > 0.85
    assert share["opt-66b"] < 0.75


def test_counts_by_hand() -> None:
    assert compute_cores(chip=LARGE, engine="flash") == 32 * 8 * 2
    assert weight_bytes_per_s(chip=SMALL, engine="flash") == pytest.approx(
        8 * (4 * 16384 / 30.256e-6 + (30000 - 256) / 30.256e-6)
    )
    assert outlier_code_bytes() == (163 * (14 + 5 + 16) + 72) / 8


def test_another_engine_is_refused(model: Model) -> None:
    with pytest.raises(ConfigError, match="the name of a flash that multiplies"):
        compute_cores(chip=SMALL, engine="npu")


def test_slower_starts_are_paid_by_every_matrix(model: Model) -> None:
    flash = replace(SMALL.engines["flash"], start_s=1e-3)  # type: ignore[type-var]
    slow = replace(SMALL, engines={**SMALL.engines, "flash": flash})
    times = [1.0 / context_tokens_per_s(chip=chip, model=model, context=10) for chip in (SMALL, slow)]
    assert times[1] - times[0] == pytest.approx((32 * 6 + 1) * 1e-3)
