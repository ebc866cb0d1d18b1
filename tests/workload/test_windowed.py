"""A bounded look back, against masks written out pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.operators import MatMul, Workload
from bitline.workload import Model, chunk, decode, kv_cache_bytes, load_model, mixed, prefill, windowed

LENGTHS = st.integers(1, 60)
SINKS = st.integers(0, 9)
ONE_KIND = ("llama-2-7b", "opt-1.3b", "qwen3-8b", "deepseek-v2-lite")
"""All their layers look back on everything."""


def scores(step: Workload) -> MatMul:
    found = (o for block in step.blocks for o in block.operators if isinstance(o, MatMul) and o.role == "scores")
    return next(found)


def mask(past: int, tokens: int, window: int, sinks: int) -> np.ndarray:
    """Say which of all keys each query sees: itself and the tokens before it, the last ones and the first ones."""
    query = past + np.arange(tokens)[:, None]
    key = np.arange(past + tokens)[None, :]
    return (key <= query) & ((query - key < window) | (key < sinks))


@given(name=st.sampled_from(ONE_KIND), past=st.integers(0, 60), tokens=LENGTHS, window=LENGTHS, sinks=SINKS)
def test_products_are_those_of_the_mask(name: str, past: int, tokens: int, window: int, sinks: int) -> None:
    model = windowed(load_model(name), window, sinks)
    seen = mask(past, tokens, window, sinks)
    product = scores(chunk(model, tokens, past))
    pairs = product.vectors * product.n * (1 - product.masked_fraction)
    heads = product.vectors / tokens
    assert pairs == pytest.approx(seen.sum() * heads, rel=1e-12)
    assert product.n == seen.any(axis=0).sum()


@given(name=st.sampled_from(ONE_KIND), context=st.integers(1, 200), window=LENGTHS, sinks=SINKS)
def test_the_cache_keeps_what_the_next_query_sees_beside_its_own(
    name: str, context: int, window: int, sinks: int
) -> None:
    model = load_model(name)
    per_token = kv_cache_bytes(model, 1, 1)
    kept = kv_cache_bytes(windowed(model, window, sinks), 1, context)
    assert kept == per_token * (mask(context, 1, window, sinks).sum() - 1)


@given(context=st.integers(1, 4000), window=st.integers(1, 3000), sinks=SINKS)
def test_a_decode_step_costs_what_it_costs_at_the_bound(context: int, window: int, sinks: int) -> None:
    model = load_model("llama-2-7b")
    bounded = decode(windowed(model, window, sinks), 3, context)
    assert bounded.macs == decode(model, 3, min(context, window + sinks)).macs


@given(past=st.integers(0, 60), tokens=LENGTHS, window=LENGTHS, sinks=SINKS)
def test_latent_rows_beyond_the_look_back_are_not_opened(past: int, tokens: int, window: int, sinks: int) -> None:
    step = chunk(windowed(load_model("deepseek-v2-lite"), window, sinks), tokens, past, batch=2)
    opened = next(o for block in step.blocks for o in block.operators if isinstance(o, MatMul) and o.name == "k_up")
    assert opened.vectors == 2 * 16 * mask(past, tokens, window, sinks).any(axis=0).sum()


def test_an_array_of_contexts_saturates() -> None:
    model = windowed(load_model("llama-2-7b"), 100, 4)
    contexts = np.arange(1, 300)
    macs = np.asarray(decode(model, 1, contexts).macs)
    assert (np.diff(macs)[:103] > 0).all()
    assert (np.diff(macs)[103:] == 0).all()


@given(window=st.integers(1, 8000), sinks=SINKS)
def test_a_narrower_window_of_its_own_stays(window: int, sinks: int) -> None:
    """Every layer of Mistral looks back on 4,096 tokens, and half of Gemma 2's do."""
    mistral = load_model("mistral-7b-v0.1")
    assert (windowed(mistral, window, sinks) is mistral) == (window >= 4096)
    gemma = load_model("gemma-2-2b")
    narrower = min(window, 4096)
    per_token = kv_cache_bytes(gemma, 1, 1)
    sliding = narrower - 1 + (sinks if window < 4096 else 0)
    full = window - 1 + sinks
    assert kv_cache_bytes(windowed(gemma, window, sinks), 1, 20_000) == per_token * (sliding + full) / 2


def test_states_and_cross_attention_stay() -> None:
    hybrid = load_model("qwen3-next-80b-a3b")
    roles = {"state_guess", "state_read", "conv"}
    for step in (decode(windowed(hybrid, 8), 1, 50), decode(hybrid, 1, 50)):
        sizes = {o.name: (o.k, o.n) for b in step.blocks for o in b.operators if getattr(o, "role", "") in roles}
        assert sizes == {o: sizes[o] for o in ("conv", "state_guess", "state_read")}
    whisper = load_model("whisper-tiny")
    assert cross_keys(windowed(whisper, 8)) == cross_keys(whisper) == 1500


def cross_keys(model: Model) -> float:
    found = [
        o
        for block in decode(model, 1, 50).blocks
        for o in block.operators
        if isinstance(o, MatMul) and o.role == "scores" and o.name != "scores"
    ]
    return float(found[0].n)


def test_the_window_is_in_the_name_and_windows_narrow_down() -> None:
    model = load_model("llama-2-7b")
    assert windowed(model, 2044, 4).name == "llama-2-7b (last 2,044 and first 4 tokens)"
    assert windowed(model, 2048).name == "llama-2-7b (last 2,048 tokens)"
    assert windowed(windowed(model, 50, 2), 100, 3) == windowed(model, 50, 2)
    assert prefill(windowed(model, 50), 1, 40).macs == prefill(model, 1, 40).macs


@pytest.mark.parametrize(
    ("name", "window", "sinks", "message"),
    [
        ("llama-2-7b", 0, 0, r"window = 0 tokens is outside 1\.\."),
        ("llama-2-7b", 5, -1, r"sinks = -1 tokens is outside 0\.\."),
        ("llama-2-7b", 5.5, 0, r"window = 5\.5 is not a whole number"),
        ("bert-base-uncased", 5, 0, r"bert-base-uncased: an encoder sees its whole input"),
        ("deepseek-v3.2", 5, 0, r"window: this model chooses the tokens that it looks back on"),
    ],
)
def test_what_cannot_be_is_refused(name: str, window: int, sinks: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        windowed(load_model(name), window, sinks)


@given(contexts=st.lists(st.integers(1, 300), min_size=1, max_size=9), window=LENGTHS, sinks=SINKS)
def test_requests_of_unequal_lengths_are_each_bounded(contexts: list[int], window: int, sinks: int) -> None:
    model = windowed(load_model("llama-2-7b"), window, sinks)
    bounded = [min(context, window + sinks) for context in contexts]
    assert mixed(model, contexts).macs == pytest.approx(mixed(load_model("llama-2-7b"), bounded).macs)
    lengths = scores(mixed(model, contexts)).lengths
    assert lengths is None or list(lengths) == bounded


def test_a_name_is_no_model() -> None:
    with pytest.raises(ConfigError, match="model = 'gpt2' is not a model, as load_model gives it"):
        windowed("gpt2", 5)  # type: ignore[arg-type]
