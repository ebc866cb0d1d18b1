"""Where models end to look back, against the models themselves; and the crowd that counts by it, request by request."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.operators import MatMul
from bitline.serving import Horizons, horizons, looked_back
from bitline.serving.crowd import Crowd
from bitline.serving.horizons import looking_at_nothing
from bitline.workload import decode, kv_cache_bytes, load_model

LIMITS = {
    "llama-2-7b": (), "gemma-2-9b": (4096,), "mistral-7b-v0.1": (4096,), "gpt-oss-20b": (128,),
    "deepseek-v3.2": (2048,), "gpt-neo-125m": (256,), "qwen3-next-80b-a3b": (),
}  # fmt: skip
"""As their configurations say: windows, and tokens chosen."""


@pytest.mark.parametrize("name", LIMITS)
def test_windows_are_found_and_what_is_kept_is_told(name):
    model = load_model(name)
    found = horizons(model, 8192)
    assert found.limits == LIMITS[name]
    last = model.design.position_rows or 8192
    for tokens in (1, 2, 127, 128, 129, 1000, 2047, 2048):
        assert found.held(tokens) == kv_cache_bytes(model, 1, tokens, 1)
    assert found.held(last) == kv_cache_bytes(model, 1, last, 1)


def test_short_loads_do_not_see_a_window():
    assert horizons(load_model("gemma-2-9b"), 1000).limits == ()
    assert horizons(load_model("gemma-2-9b"), 1).held(1) == kv_cache_bytes(load_model("gemma-2-9b"), 1, 1, 1)


def test_a_step_seen_through_the_window_only():
    model = load_model("gpt-oss-20b")
    seen = np.array([1, 7, 128])
    step, narrow, one = looked_back(model, 3, 128, seen), decode(model, 3, seen), decode(model, 3, 1)
    for block, same, alone in zip(step.blocks, narrow.blocks, one.blocks, strict=True):
        for found, wanted, least in zip(block.operators, same.operators, alone.operators, strict=True):
            full = wanted if "sliding" in block.name else least
            if found.name == "scores":
                assert np.broadcast_to(found.n, 3) == pytest.approx(np.broadcast_to(full.n, 3)), block.name
    # Layers with and without the window together see what a step sees up to it.
    assert step.macs[0] == one.macs
    assert one.macs < step.macs[2] < narrow.macs[2]


@pytest.mark.parametrize("name", LIMITS)
def test_a_step_that_looks_at_nothing_has_all_but_attention(name):
    step = decode(load_model(name), 3, 100)
    bare = looking_at_nothing(step)
    cached = 0
    for block, rest in zip(step.blocks, bare.blocks, strict=True):
        gone = [one for one in block.operators if isinstance(one, MatMul) and one.stationary == "cache"]
        cached += block.repeat * sum(one.macs for one in gone)
        names = [one.name for one in rest.operators]
        assert sorted((*names, *(one.name for one in gone))) == sorted(one.name for one in block.operators)
        # Nothing waits for what is gone, and what came after attention still comes after the queries.
        for number, one in enumerate(rest.operators):
            assert set(one.after) <= set(names[:number]), one.name
    assert cached > 0
    assert bare.macs == step.macs - cached


@given(
    limits=st.lists(st.integers(2, 30), max_size=2, unique=True).map(sorted),
    values=st.lists(st.integers(0, 5), min_size=3, max_size=3),
    state=st.integers(0, 7),
    data=st.data(),
)
def test_sums_of_the_crowd_are_the_sums_over_its_requests(limits, values, state, data):
    known = Horizons(limits=tuple(limits), values=tuple(values[: 1 + len(limits)]), state=state)
    crowd, held = Crowd(known), {}
    for request in range(data.draw(st.integers(1, 12))):
        held[request] = data.draw(st.integers(1, 40))
        crowd.join(request, held[request], data.draw(st.integers(1, 30)))
        if held and data.draw(st.booleans()):
            other = data.draw(st.sampled_from(sorted(held)))
            assert crowd.leave(other)[1] == held.pop(other)
        if not held:
            continue
        steps = data.draw(st.integers(1, crowd.until_next()))
        crowd.pass_on(steps)
        held = {each: tokens + steps for each, tokens in held.items()}
        for ended in crowd.ended():
            crowd.leave(ended)
            del held[ended]
        assert crowd.contexts == sum(tokens + 1 for tokens in held.values())
        assert crowd.seen == [sum(min(tokens + 1, limit) for tokens in held.values()) for limit in limits]
        assert crowd.held == sum(known.held(tokens) for tokens in held.values())
        assert crowd.growth == sum(known.held(tokens + 1) - known.held(tokens) for tokens in held.values())
