"""Channels by hand, and against the estimator, which knows the lengths of all requests of a pass."""

from __future__ import annotations

import numpy as np
import pytest

from bitline.engines.channel_loads import channels_of
from bitline.serving import Channels, Extent, Passes, direct, room, sample
from bitline.systems import load_chip
from bitline.workload import load_model, mixed


def test_the_emptiest_channel_is_next():
    two = Channels(2)
    two.join(1, 100, passes=0)
    two.join(2, 30, passes=0)
    two.join(3, 20, passes=0)
    assert two.context(0) == 100 / 2, "three requests lie two deep"
    # Each pass adds a token to every request: after 60, 160 in one and 30 + 20 + 120 in the other.
    assert two.context(60) == 170 / 2
    two.leave(3, 80, passes=60)
    assert two.context(60) == 160
    two.join(4, 5, passes=60)
    two.leave(1, 160, passes=60)
    assert two.context(60) == 95


def test_channels_in_turn():
    two = Channels(2, in_turn=True)
    for request, context in enumerate((100, 1, 100, 1)):
        two.join(request, context, passes=7)
    assert two.context(7) == 100


@pytest.mark.parametrize("chip", ["neupims", "neupims/npu-pim"])
def test_the_fullest_channel_is_what_a_pass_waits_for(chip):
    # By the mean of all contexts these passes were up to 30 % too fast.
    one = direct(load_model("llama-2-7b"), load_chip(chip))
    passes = Passes(sample(one, Extent(context=2048, batch=300, rows=301, chunk=1)))
    there = room(one, 2048)
    assert there.channels == 32
    rng = np.random.default_rng(0)
    errors, plain = {}, []
    for requests in (4, 16, 32, 64, 128, 256, 300):
        contexts = np.clip(rng.lognormal(5.8, 0.9, requests).astype(int), 1, 2048)
        laid = Channels(there.channels, in_turn=there.in_turn)
        # The estimator lays down the longest first.
        order = contexts if there.in_turn else -np.sort(-contexts)
        for request, context in enumerate(order.tolist()):
            laid.join(request, context, passes=0)
        fullest = np.bincount(channels_of(contexts, 32, "round_robin" if there.in_turn else "balanced"), contexts)
        assert laid.context(0) == pytest.approx(fullest.max() / -(-requests // 32))
        wanted_s = one.cost(mixed(one.model, contexts))[0, 0]
        errors[requests] = abs(passes.decode(requests, laid.context(0)) / wanted_s - 1)
        plain.append(passes.decode(requests, float(contexts.mean())) / wanted_s - 1)
    # One long request fills a channel as much as five short ones, which take longer: each opens rows of its own.
    assert errors.pop(128) < (0.06 if there.in_turn else 0.1)
    assert max(errors.values()) < 0.06
    assert np.abs(plain).max() > 0.15


def test_memories_that_spread_a_request_have_no_channels():
    for chip in ("h100-sxm", "cent"):
        assert room(direct(load_model("llama-2-7b"), load_chip(chip)), 100).channels == 0
