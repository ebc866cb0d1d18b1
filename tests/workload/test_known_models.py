"""Published numbers and formulas worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bitline.operators import Gather, MatMul, Route, Vector
from bitline.workload import decode, kv_cache_bytes, load_model, prefill, weights


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("llama-2-7b", 6_738_415_616),  # parameter count of the released weights
        ("llama-3-8b", 8_030_261_248),
        ("mistral-7b-v0.1", 7_241_732_096),
        ("mixtral-8x7b", 46_702_792_704),
        ("gpt2", 124_439_808),
        ("gpt-neox-20b", 20_554_567_680),
        ("deepseek-moe-16b", 16_375_728_128),
        ("deepseek-v2-lite", 15_706_484_224),
        ("mistral-nemo-12b", 12_247_782_400),
    ],
)
def test_parameters_are_those_of_the_released_weights(name: str, parameters: int) -> None:
    assert load_model(name).parameters == parameters


def test_llama_2_7b_products_by_hand() -> None:
    h, f, vocabulary, layers, batch, prompt = 4096, 11008, 32000, 32, 3, 50
    linear = batch * prompt * layers * (4 * h * h + 3 * h * f)
    attention = 2 * layers * batch * prompt * prompt * h
    model = load_model("llama-2-7b")
    assert prefill(model, batch, prompt).macs == linear + attention + batch * h * vocabulary
    scored = prefill(model, batch, prompt, every_position=True)
    assert scored.macs == linear + attention + batch * prompt * h * vocabulary
    one = batch * layers * (4 * h * h + 3 * h * f + 2 * 777 * h) + batch * h * vocabulary
    assert decode(model, batch, 777).macs == one


def test_llama_3_8b_shares_keys_and_values() -> None:
    layer = decode(load_model("llama-3-8b"), 2, 100).blocks[1]
    sizes = {o.role: (o.vectors, o.k, o.n, o.matrices) for o in layer.operators if isinstance(o, MatMul)}
    assert sizes["q"] == (2, 4096, 4096, 1)
    assert sizes["k"] == sizes["v"] == (2, 4096, 1024, 1)
    assert sizes["scores"] == (2 * 32, 128, 100, 2 * 8)
    assert sizes["context"] == (2 * 32, 100, 128, 2 * 8)
    assert layer.repeat == 32


def test_mixtral_experts_depend_on_the_batch() -> None:
    model = load_model("mixtral-8x7b")

    def hit(batch: int) -> float:
        operators = decode(model, batch, 10).blocks[1].operators
        return next(o.matrices for o in operators if o.name == "expert_up")

    assert hit(1) == pytest.approx(2.0)
    assert hit(2) == pytest.approx(8 * (1 - 0.75**2))
    assert hit(32) == pytest.approx(8, rel=1e-3)
    experts = [w for w in weights(model) if w.role.startswith("expert_")]
    assert sum(w.values for w in experts) == 32 * 8 * 3 * 4096 * 14336
    route = next(o for o in decode(model, 5, 10).blocks[1].operators if isinstance(o, Route))
    assert (route.rows, route.experts, route.chosen) == (5, 8, 2)


def test_latent_attention_runs_over_latent_rows_in_decode() -> None:
    model = load_model("deepseek-v3")
    layer = decode(model, 2, 1000).blocks[1]
    sizes = {o.name: (o.vectors, o.k, o.n, o.matrices) for o in layer.operators if isinstance(o, MatMul)}
    assert sizes["scores"] == (256, 576, 1000, 2)
    assert sizes["context"] == (256, 1000, 512, 2)
    assert sizes["k_absorb"] == (256, 128, 512, 128)
    assert sizes["v_up"] == (256, 512, 128, 128)
    assert next(o for o in layer.operators if o.name == "k_absorb").tied == "k_up"
    assert kv_cache_bytes(model, 1, 1) == 61 * 576 * 2
    assert kv_cache_bytes(model, 1, 1, expanded=True) == 61 * 128 * (192 + 128) * 2


def test_windows_bound_keys_and_cache() -> None:
    model = load_model("gemma-3-27b")
    contexts = np.array([10, 1024, 1025, 5000])
    sliding = next(b for b in decode(model, 1, contexts).blocks if b.name == "sliding_layers")
    scores = next(o for o in sliding.operators if o.name == "scores")
    assert isinstance(scores, MatMul)
    assert np.array_equal(scores.n, [10, 1024, 1024, 1024])
    assert kv_cache_bytes(model, 1, 5000) == 2 * 2 * 16 * 128 * (10 * 5000 + 52 * 1023)


def test_causal_mask_of_a_prefill() -> None:
    operators = prefill(load_model("llama-2-7b"), 1, 4).blocks[1].operators
    scores = next(o for o in operators if o.name == "scores")
    assert isinstance(scores, MatMul)
    assert scores.masked_fraction == pytest.approx(6 / 16)
    window = prefill(load_model("mistral-7b-v0.1"), 1, 5000).blocks[1].operators
    scores = next(o for o in window if o.name == "scores")
    assert isinstance(scores, MatMul)
    seen = sum(min(query, 4096) for query in range(1, 5001))
    assert scores.masked_fraction == pytest.approx(1 - seen / 5000**2)


def test_tied_and_shared_weights_are_held_once() -> None:
    gpt2 = {w.name: w for w in weights(load_model("gpt2"))}
    assert gpt2["lm_head"].tied == "embedding"
    assert (gpt2["lm_head"].k, gpt2["lm_head"].n) == (768, 50257)
    albert = load_model("albert-base-v2")
    assert {w.repeat for w in weights(albert)} == {1}
    assert next(b for b in prefill(albert, 1, 8).blocks if b.shared).repeat == 12


def test_encoder_decoder_makes_cross_keys_once() -> None:
    model = load_model("whisper-tiny")
    start, later = prefill(model, 1, 1500), decode(model, 1, 5)
    names = {o.name for b in start.blocks for o in b.operators}
    assert {"frames1", "frames2", "cross_k", "cross_v"} <= names
    names = {o.name for b in later.blocks for o in b.operators}
    assert "cross_q" in names
    assert not names & {"frames1", "cross_k", "cross_v"}
    cross = next(o for b in later.blocks for o in b.operators if o.name == "cross_scores")
    assert isinstance(cross, MatMul)
    assert cross.n == 1500
    assert decode(model, 1, 5, source=100).macs < later.macs


def test_cache_writes_match_cache_growth() -> None:
    for name in ("llama-3-8b", "deepseek-v3", "deepseek-v3.2", "gpt2"):
        model = load_model(name)
        written = sum(
            b.repeat * o.elements
            for b in decode(model, 3, 50).blocks
            for o in b.operators
            if isinstance(o, Gather) and o.role == "kv_write"
        )
        assert written * 2 == kv_cache_bytes(model, 3, 50) - kv_cache_bytes(model, 3, 49), name


def test_vectors_count_their_elements() -> None:
    layer = prefill(load_model("llama-2-7b"), 2, 10).blocks[1]
    vectors = {o.name: (o.function, o.elements, o.rows) for o in layer.operators if isinstance(o, Vector)}
    assert vectors["norm1"] == ("rmsnorm", 20 * 4096, 20)
    assert vectors["softmax"] == ("softmax", 2 * 32 * 10 * 10, 2 * 32 * 10)
    assert vectors["silu"] == ("silu", 20 * 11008, 1)
    assert vectors["q_rope"] == ("rope", 20 * 4096, 20 * 32)
