"""Requests dealt to stages: a pass is as long as that of the part with the longest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.serving import Extent, Passes, direct, sample
from bitline.serving.dealt import Dealt, deal
from bitline.systems import load_chip
from bitline.workload import load_model, mixed


def test_the_longest_and_every_so_many_th_by_hand():
    dealt = Dealt(lambda requests: min(requests, 2))
    for context in (70, 10, 40, 20, 30):
        dealt.join(context, 0)
    assert dealt.context(0, 0) == (70 + 30 + 10) / 3
    dealt.leave(70, 0)
    assert dealt.context(5, 0) == (40 + 20) / 2 + 5
    dealt.leave(25, 5)
    dealt.join(100, 5)
    assert dealt.context(5, 0) == (100 + 35) / 2


def test_others_in_the_pass_take_stages_too():
    dealt = Dealt(lambda requests: min(requests, 4))
    for context in (10, 30):
        dealt.join(context, 0)
    assert dealt.context(0, 0) == 30
    assert Dealt(lambda requests: 1 + requests // 3).context is not None
    dealt = Dealt(lambda requests: 2 if requests > 2 else 1)
    for context in (10, 30):
        dealt.join(context, 0)
    assert dealt.context(0, 0) == 20
    assert dealt.context(0, 1) == 30


def test_windows_are_those_of_the_part_with_the_longest():
    dealt = Dealt(lambda _: 2)
    for context in (200, 100, 50, 10):
        dealt.join(context, 0)
    assert dealt.seen(0, 0, (128, 60)) == [((128 + 50) / 2, 0.5), ((60 + 50) / 2, 0.5)]
    assert dealt.seen(10, 0, (128, 60)) == [((128 + 60) / 2, 0.5), (60, 0.0)]


@given(contexts=st.lists(st.integers(1, 4000), min_size=1, max_size=40), parts=st.sampled_from([1, 2, 3, 5 / 3, 2.5]))
def test_what_estimates_take(contexts, parts):
    from bitline.mapping.devices.requests import _part_of

    dealt = Dealt(lambda _: min(parts, len(contexts)))
    for context in contexts:
        dealt.join(context, 0)
    assert dealt.context(0, 0) == pytest.approx(_part_of(np.array(contexts), min(parts, len(contexts))).mean())


@pytest.mark.parametrize("chip", ["h100@2x2", "h100@1x4", "cent"])
def test_decode_steps_of_unequal_requests(chip):
    one = direct(load_model("llama-2-7b"), load_chip(chip))
    passes = Passes(sample(one, Extent(context=4000, batch=32, rows=64, chunk=32)))
    rng, errors = np.random.default_rng(1), []
    for requests in (2, 3, 5, 8, 13, 32):
        contexts, dealt = rng.integers(1, 4000, requests), Dealt(deal(one.chip))
        for context in contexts.tolist():
            dealt.join(context, 0)
        found_s, exact_s = passes.decode(requests, dealt.context(0, 0)), one.cost(mixed(one.model, contexts))[0, 0]
        errors.append(found_s / exact_s - 1)
    # The mean of all is up to 10 % off.
    assert np.abs(errors).max() < 0.02


@pytest.mark.parametrize("chip", ["h100-sxm", "h100-sxm@2", "attacc"])
def test_all_go_together_elsewhere(chip):
    assert deal(load_chip(chip)) is None
