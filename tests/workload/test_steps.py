"""What must hold for every model, whatever its family."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import BitlineError
from bitline.operators import MatMul, Workload
from bitline.workload import (
    decode,
    family_names,
    kv_cache_bytes,
    load_model,
    prefill,
    preset_names,
    preset_source,
    weights,
)  # fmt: skip

DECODERS = tuple(n for n in preset_names() if load_model(n).is_decoder)
MIXTURES = {n for n in preset_names() if any(w.role == "expert_up" for w in weights(load_model(n)))}
names, decoders = st.sampled_from(preset_names()), st.sampled_from(DECODERS)
batches, tokens = st.integers(1, 300), st.integers(1, 300)


def longest(name: str) -> int:
    model = load_model(name)
    return min(model.design.position_rows or 2**20, model.design.source_limit or 2**20)


@given(name=names, batch=batches, prompt=tokens)
def test_work_is_proportional_to_the_batch(name: str, batch: int, prompt: int) -> None:
    model, prompt = load_model(name), min(prompt, longest(name))
    assert prefill(model, batch, prompt).macs == batch * prefill(model, 1, prompt).macs


@given(name=decoders, batch=batches, last=st.integers(2, 400))
def test_an_array_of_contexts_equals_each_on_its_own(name: str, batch: int, last: int) -> None:
    model = load_model(name)
    contexts = np.arange(1, min(last, longest(name)) + 1)
    together = decode(model, batch, contexts)
    for index in (0, len(contexts) // 2, len(contexts) - 1):
        alone = decode(model, batch, int(contexts[index]))
        assert np.broadcast_to(together.macs, contexts.shape)[index] == alone.macs
        bytes_kept = kv_cache_bytes(model, batch, contexts)
        assert np.broadcast_to(bytes_kept, contexts.shape)[index] == kv_cache_bytes(model, batch, int(contexts[index]))


@given(name=decoders, batch=batches)
def test_looking_further_back_never_costs_less(name: str, batch: int) -> None:
    contexts = np.arange(1, min(6000, longest(name)) + 1)
    macs = np.broadcast_to(decode(load_model(name), batch, contexts).macs, contexts.shape)
    assert (np.diff(macs) >= 0).all()
    kept = np.broadcast_to(kv_cache_bytes(load_model(name), batch, contexts), contexts.shape)
    assert (np.diff(kept) >= 0).all()


@given(name=st.sampled_from([n for n in DECODERS if n.startswith(("llama", "gpt", "opt", "pythia", "qwen2"))]),
       prompt=st.integers(2, 200))  # fmt: skip
def test_a_prefill_is_its_tokens_one_by_one(name: str, prompt: int) -> None:
    """Counting only what the mask leaves, a prefill does what decoding token by token does."""
    model = load_model(name)
    whole = prefill(model, 1, prompt, every_position=True)
    steps = decode(model, 1, np.arange(1, prompt + 1))
    assert kept_products(whole) == pytest.approx(float(np.sum(steps.macs)), rel=1e-12)


def kept_products(workload: Workload) -> float:
    return sum(
        float(block.repeat * o.macs * (1 - o.masked_fraction))
        for block in workload.blocks
        for o in block.operators
        if isinstance(o, MatMul)
    )


@given(name=names)
def test_operators_form_a_graph_inside_their_block(name: str) -> None:
    model = load_model(name)
    steps = [prefill(model, 2, min(5, longest(name)))]
    if model.is_decoder:
        steps.append(decode(model, 2, 5))
    for block in (block for step in steps for block in step.blocks):
        seen: set[str] = set()
        for operator in block.operators:
            assert operator.name not in seen, f"{name} {block.name} {operator.name}"
            assert set(operator.after) <= seen, f"{name} {block.name} {operator.name}"
            seen.add(operator.name)


@given(name=names)
def test_every_product_leads_to_the_end_of_its_block(name: str) -> None:
    """Nothing is computed that nobody reads, cache writes and tables aside."""
    for block in prefill(load_model(name), 1, 2).blocks:
        read = {source for operator in block.operators for source in operator.after}
        unread = [o.name for o in block.operators if o.name not in read and isinstance(o, MatMul)]
        assert set(unread) <= {block.operators[-1].name}, block.name


@given(name=names)
def test_weights_are_the_parameters_of_the_products(name: str) -> None:
    model = load_model(name)
    untied = sum(w.values for w in weights(model) if not w.tied)
    vision = model.vision.parameters if model.vision else 0
    assert 0 < untied < model.parameters - vision
    assert all(w.k > 0 and w.n > 0 and w.held > 0 and w.repeat > 0 for w in weights(model))


@given(name=st.sampled_from(sorted(MIXTURES)), batch=batches)
def test_experts_hit_lie_between_one_choice_and_all(name: str, batch: int) -> None:
    for block in decode(load_model(name), batch, 10).blocks:
        for o in block.operators:
            if isinstance(o, MatMul) and o.role.startswith("expert_"):
                assert o.vectors / batch <= o.matrices * (1 + 1e-9)
                assert o.matrices <= o.held


def test_models_are_values() -> None:
    assert load_model("gemma-2-2b") == load_model("gemma-2-2b")
    assert hash(load_model("deepseek-v3")) == hash(load_model("deepseek-v3"))
    assert load_model("llama-2-7b") != load_model("llama-2-13b")
    with pytest.raises(AttributeError):
        load_model("gpt2").parameters = 3  # type: ignore[misc]


def test_every_family_has_a_preset_and_every_preset_a_source() -> None:
    served = {load_model(n).family for n in preset_names()}
    assert set(family_names()) - served <= {"phi", "phi-msft", "siglip_vision_model", "xlm-roberta"}
    for name in preset_names():
        source = preset_source(name)
        assert source is not None
        assert source.source
        assert source.tag in {"stated", "second-hand", "recalled"}
    assert preset_source("no-such-model") is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: prefill(m, 0, 5), "batch = 0 is outside"),
        (lambda m: prefill(m, 1, -5), "prompt = -5 is outside"),
        (lambda m: prefill(m, 1, 2.5), "prompt = 2.5 is not a whole number"),
        (lambda m: prefill(m, 1, 1025), "gpt2: prompt = 1025 tokens is outside 1..1024 tokens"),
        (lambda m: decode(m, 1, 1025), "context = 1025 tokens is outside"),
        (lambda m: decode(m, 1, np.array([5, 0])), "context = 0 tokens is outside"),
        (lambda m: decode(m, 1, np.array([1.5])), "is not a whole number or a one-dimensional array"),
        (lambda m: decode(m, 1, np.zeros((2, 2), dtype=int)), "is not a whole number or a one-dimensional array"),
        (lambda m: decode(m, True, 4), "batch = True is not a whole number"),
        (lambda m: decode(m, 1, 4, source=3), "it has no encoder"),
        (lambda m: decode(load_model("bert-tiny"), 1, 4), "bert-tiny: an encoder has no decode step"),
        (lambda m: decode(load_model("whisper-tiny"), 1, 4, source=1501), "source = 1501 rows is outside 1..1500"),
    ],
)  # fmt: skip
def test_impossible_steps_are_refused(call: object, message: str) -> None:
    with pytest.raises(BitlineError) as caught:
        call(load_model("gpt2"))  # type: ignore[operator]
    assert message in str(caught.value)


def test_an_encoder_keeps_no_cache() -> None:
    assert kv_cache_bytes(load_model("bert-tiny"), 4, 100) == 0
