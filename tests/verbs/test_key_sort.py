"""Sorting key channels in the weights: exact, ordinary, and refused where it would not be."""

from __future__ import annotations

import copy

import pytest
import torch
from transformers import (
    AlbertConfig,
    AlbertForMaskedLM,
    AutoModelForCausalLM,
    BertConfig,
    BertForMaskedLM,
    BloomConfig,
    BloomForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoConfig,
    GPTNeoForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    OPTConfig,
    OPTForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
    ViTConfig,
    ViTForImageClassification,
)

from bitline.errors import ConfigError
from bitline.hardware import BlockFloating, InputFormat, SharedExponent, WeightFormat
from bitline.verbs.checkpoint import load_checkpoint
from bitline.verbs.deploy import deploy
from bitline.verbs.key_sort import sort_keys
from bitline.verbs.restore import restore

torch.set_num_threads(1)
D = 8
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}


def gpt2():
    return GPT2LMHeadModel(GPT2Config(vocab_size=61, n_embd=32, n_layer=2, n_head=4, n_positions=32))


FAMILIES = {
    "gpt2": gpt2,
    "opt": lambda: OPTForCausalLM(
        OPTConfig(**{k: v for k, v in SMALL.items() if k != "intermediate_size"}, vocab_size=61, ffn_dim=48,
                  max_position_embeddings=32, word_embed_proj_dim=32)),
    "bert": lambda: BertForMaskedLM(BertConfig(**SMALL, vocab_size=61, max_position_embeddings=32)),
    "albert": lambda: AlbertForMaskedLM(
        AlbertConfig(**SMALL, vocab_size=61, embedding_size=16, max_position_embeddings=32)),
    "gpt_neo": lambda: GPTNeoForCausalLM(
        GPTNeoConfig(vocab_size=61, hidden_size=32, num_layers=2, num_heads=4, attention_types=[[["global"], 2]],
                     max_position_embeddings=32)),
    "t5": lambda: T5ForConditionalGeneration(
        T5Config(vocab_size=61, d_model=32, d_kv=D, d_ff=48, num_layers=2, num_heads=4)),
    "vit": lambda: ViTForImageClassification(ViTConfig(**SMALL, image_size=16, patch_size=4, num_labels=5)),
}  # fmt: skip


def made(family: str):
    torch.manual_seed(0)
    model = FAMILIES[family]().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.2)
    return model


def answer(model):
    model.eval()
    ids = torch.randint(3, 61, (2, 13), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        if "ViT" in type(model).__name__:
            pixels = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
            return model(pixels.to(model.dtype)).logits
        if "T5" in type(model).__name__:
            return model(input_ids=ids, decoder_input_ids=ids[:, :7]).logits
        return model(ids).logits


def blocks(values: int, order: str = "model") -> BlockFloating:
    exponent = SharedExponent(values=values, key_order=order)
    return BlockFloating(weight=WeightFormat(bits=4), input=InputFormat(bits=8), exponent=exponent)


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_stay_what_they_were(family):
    model = made(family).double()
    wanted, before = answer(model), copy.deepcopy(model.state_dict())
    names = sort_keys(model)
    assert names
    assert any(not torch.equal(value, before[name]) for name, value in model.state_dict().items())
    within = 1e-7 if family == "gpt_neo" else 1e-12  # GPT-Neo computes its attention in float32 whatever the model is
    assert (answer(model) - wanted).abs().max() <= within * wanted.abs().max()
    once = copy.deepcopy(model.state_dict())
    assert sort_keys(model) == names
    assert all(torch.equal(value, once[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_of_integer_engines_are_the_same_bit_for_bit(chip_of, integers, family):
    # Sums of whole numbers do not depend on the order of their terms, so the permutation is exact to the last bit.
    model = made(family)
    chip = chip_of(integers(8), integers(8))
    wanted = answer(deploy(model, chip))
    sort_keys(restore(model))
    assert torch.equal(answer(deploy(model, chip)), wanted)


@pytest.mark.parametrize("family", ["gpt2", "opt", "bert"])
def test_sorted_weights_and_a_sorted_cache_are_one_thing(chip_of, integers, family):
    model = made(family)
    by_cache = answer(deploy(model, chip_of(integers(8), blocks(2, "weights"))))
    unsorted = answer(deploy(model, chip_of(integers(8), blocks(2))))
    sort_keys(restore(model))
    assert torch.equal(answer(deploy(model, chip_of(integers(8), blocks(2)))), by_cache)
    assert torch.equal(answer(deploy(model, chip_of(integers(8), blocks(2, "weights")))), by_cache)
    assert not torch.equal(unsorted, by_cache)


@torch.no_grad()
def test_whole_number_products_are_exactly_those_before():
    module = made("gpt2").transformer.h[0].attn
    rng = torch.Generator().manual_seed(3)
    module.c_attn.weight.copy_(torch.randint(-9, 10, module.c_attn.weight.shape, generator=rng))
    module.c_attn.bias.copy_(torch.randint(-9, 10, module.c_attn.bias.shape, generator=rng))
    x = torch.randint(-20, 21, (11, 32), generator=rng).float()

    def parts():
        query, key, value = module.c_attn(x).view(11, 3, 4, D).unbind(1)
        return torch.einsum("mhd,thd->hmt", query, key), key, value

    scores, _, value = parts()
    model = gpt2()
    model.transformer.h[0].attn = module
    sort_keys(model)
    after, key, same = parts()
    assert torch.equal(after, scores)
    assert torch.equal(same, value)
    sizes = module.c_attn.weight[:, 32:64].norm(dim=0).view(4, D)
    assert (sizes.diff(dim=1) >= 0).all()
    assert key.shape == (11, 4, D)


def test_the_checkpoint_stays_an_ordinary_one(tmp_path):
    model = made("gpt2")
    sort_keys(model)
    model.save_pretrained(tmp_path)
    assert torch.equal(answer(AutoModelForCausalLM.from_pretrained(tmp_path)), answer(model))


def test_trained_models_keep_their_answers(shared):
    for name in ("shakespeare_gpt", "gpt_sort"):
        model = load_checkpoint(shared / "data" / name).model
        ids = torch.arange(11)[None] % model.config.vocab_size
        with torch.no_grad():
            wanted = model(ids).logits
            assert len(sort_keys(model)) == model.config.n_layer
            assert torch.allclose(model(ids).logits, wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (lambda: LlamaForCausalLM(LlamaConfig(**SMALL, vocab_size=61)), "rotary embeddings turn its keys by angles"),
        (lambda: BloomForCausalLM(BloomConfig(vocab_size=61, hidden_size=32, n_layer=1, n_head=4)), "is not known"),
    ],
)
def test_what_would_not_be_exact_is_refused_and_nothing_changes(model, why):
    model = model()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ConfigError, match=rf"{why}.*key_order = 'weights' or 'measured'"):
        sort_keys(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_model_without_attention_is_refused():
    with pytest.raises(ConfigError, match="Linear has no attention"):
        sort_keys(torch.nn.Linear(3, 3))
