"""A pass of requests of unequal lengths, against sums over the requests one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.operators import Block, MatMul, Workload
from bitline.workload import chunk, decode, load_model, mixed, prefill

LENGTHS = st.lists(st.integers(1, 3000), max_size=5)
PARTS = st.lists(st.tuples(st.integers(1, 200), st.integers(0, 2000)), max_size=3)
MODELS = ("llama-3.2-1b", "gemma-2-2b", "mixtral-8x7b", "deepseek-v2-lite", "qwen3-next-80b-a3b", "gpt-oss-20b")


def layer(workload: Workload) -> Block:
    return max(workload.blocks, key=lambda block: block.repeat)


def products(workload: Workload, stationary: str) -> float:
    return sum(
        block.repeat * float(np.sum(one.macs))
        for block in workload.blocks
        for one in block.operators
        if isinstance(one, MatMul) and one.stationary == stationary
    )


def values_read(workload: Workload) -> float:
    return sum(
        float(one.matrices * one.k * one.n)
        for one in layer(workload).operators
        if isinstance(one, MatMul) and one.stationary == "cache"
    )


@pytest.mark.parametrize("name", MODELS)
@given(contexts=LENGTHS, parts=PARTS)
def test_products_are_the_sums_over_requests(name, contexts, parts):
    if not contexts and not parts:
        return
    model = load_model(name)
    whole = mixed(model, contexts, parts)
    alone = [decode(model, 1, context) for context in contexts] + [chunk(model, *part) for part in parts]
    for kind in ("weight", "cache"):
        assert products(whole, kind) == pytest.approx(sum(products(one, kind) for one in alone), rel=1e-12)
    assert values_read(whole) == pytest.approx(sum(values_read(one) for one in alone), rel=1e-12)


def test_weights_see_all_tokens_and_are_read_once():
    model = load_model("llama-3.2-1b")
    whole = mixed(model, [10, 700, 90], [(33, 5), (7, 0)])
    projections = [one for one in layer(whole).operators if isinstance(one, MatMul) and one.stationary == "weight"]
    assert {(one.vectors, one.matrices) for one in projections} == {(3 + 33 + 7, 1)}
    head = next(one for one in whole.blocks[-1].operators if one.name == "lm_head")
    assert head.vectors == 3 + 2


def test_equal_requests_are_a_batch():
    for name in MODELS:
        model = load_model(name)
        several, batch = mixed(model, [77] * 4), decode(model, 4, 77)
        for one, other in zip(layer(several).operators, layer(batch).operators, strict=True):
            assert one.name == other.name
            if isinstance(one, MatMul):
                assert (one.vectors, one.k, one.n, one.held) == (other.vectors, other.k, other.n, other.held)
                assert one.matrices == pytest.approx(other.matrices, rel=1e-12)


def test_a_chunk_without_a_past_is_a_prefill():
    for name in MODELS:
        assert chunk(load_model(name), 50, 0).blocks == prefill(load_model(name), 1, 50).blocks


def test_a_window_keeps_whole_only_the_requests_it_covers():
    # Gemma 2 sees 4,096 tokens in every other layer: of 1,000 and 9,000 that is 1,000 and 4,096.
    whole = mixed(load_model("gemma-2-2b"), [1000, 9000])
    windowed = next(block for block in whole.blocks if block.name == "sliding_layers")
    scores = next(one for one in windowed.operators if one.name == "scores")
    assert scores.n == (1000 + 4096) / 2


@given(past=st.integers(0, 60), tokens=st.integers(2, 60), window=st.none() | st.integers(1, 80))
def test_masks_are_counted_pair_by_pair(past, tokens, window):
    from bitline.workload.step import Step
    from bitline.workload.visible import keys_read, masked_fraction

    seen = [min(past + query + 1, window or past + tokens) for query in range(tokens)]
    keys = min(past + tokens, (window or past + tokens) + tokens - 1)
    step = Step(batch=1, tokens=tokens, context=past + tokens)
    assert keys_read(step, window) == keys
    assert masked_fraction(step, window) == pytest.approx(1 - sum(seen) / (tokens * keys), abs=1e-12)
    axis = Step(batch=1, tokens=tokens, context=np.array([past, past + 3]) + tokens)
    assert np.ravel(masked_fraction(axis, window))[0] == pytest.approx(masked_fraction(step, window), abs=1e-12)


def test_experts_hit_are_those_of_all_tokens():
    whole = mixed(load_model("mixtral-8x7b"), [5, 9], [(3, 0)])
    gate = next(one for one in layer(whole).operators if one.name == "expert_gate")
    assert gate.matrices == pytest.approx(8 * (1 - (1 - 2 / 8) ** 5), rel=1e-12)


def test_nothing_to_do_is_refused():
    with pytest.raises(ConfigError, match="at least one request"):
        mixed(load_model("gpt2"), [])
    with pytest.raises(ConfigError, match="only a decoder"):
        chunk(load_model("bert-tiny"), 3, 0)
    with pytest.raises(ConfigError, match="past"):
        chunk(load_model("llama-3.2-1b"), 3, -1)
