"""The order of key channels: permuting both operands alike, whose rows make keys, and what is refused."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from transformers import Gemma3TextConfig, GPT2Config, LlamaConfig, Phi3Config, T5Config
from transformers.models.gemma3.modeling_gemma3 import Gemma3Attention
from transformers.models.gpt2.modeling_gpt2 import GPT2Attention
from transformers.models.llama.modeling_llama import LlamaAttention
from transformers.models.phi3.modeling_phi3 import Phi3Attention
from transformers.models.t5.modeling_t5 import T5Attention

from bitline.errors import ConfigError
from bitline.hardware import BlockFloating, Floating, InputFormat, SharedExponent, WeightFormat
from bitline.numerics.modules.key_order import KeyOrder, key_order
from bitline.numerics.modules.key_rows import key_sizes, rotates, rows_of

SHAPE = {"hidden_size": 24, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "num_hidden_layers": 1}


def sorts(order: str) -> BlockFloating:
    exponent = SharedExponent(values=4, key_order=order)
    return BlockFloating(weight=WeightFormat(bits=4), input=InputFormat(bits=8), exponent=exponent)


def whole(*shape: int) -> torch.Tensor:
    return torch.randint(-9, 10, shape, generator=torch.Generator().manual_seed(0)).float()


def test_every_head_has_an_order_of_its_own_and_products_stay():
    order = KeyOrder("a", torch.tensor([3.0, 1.0, 2.0, 4.0, 5.0, 7.0, 6.0, 8.0], dtype=torch.float64))
    query, key = whole(3, 2, 5, 4), whole(3, 2, 7, 4)
    left, right = order.sorted(query, key)
    assert torch.equal(right[:, 0], key[:, 0][..., [1, 2, 0, 3]])
    assert torch.equal(right[:, 1], key[:, 1][..., [0, 2, 1, 3]])
    assert torch.equal(left @ right.mT, query @ key.mT)


def test_repeated_keys_and_merged_requests_follow_their_heads():
    order = KeyOrder("a", torch.tensor([2.0, 1.0, 3.0, 4.0], dtype=torch.float64))
    key = whole(3, 2, 7, 2)
    _, wanted = order.sorted(key, key)
    repeated = key.repeat_interleave(2, dim=1)
    assert torch.equal(order.sorted(repeated, repeated)[1], wanted.repeat_interleave(2, dim=1))
    merged = key.reshape(6, 7, 2)
    assert torch.equal(order.sorted(merged, merged)[1], wanted.reshape(6, 7, 2))


def test_measured_sizes_are_those_of_all_keys_seen():
    order = KeyOrder("a", None)
    key = whole(2, 1, 6, 3)
    assert order.sorted(key, key) == (key, key)
    order.observe(key[:1])
    order.observe(key[1:])
    assert order.settle()
    assert torch.allclose(order.sizes, key.double().square().sum(dim=(0, 1, 2)).sqrt())
    assert not order.settle()
    with pytest.raises(ConfigError, match="requests and heads are one dimension"):
        order.observe(key[0])


def test_other_heads_than_those_known_are_refused():
    order = KeyOrder("layer", torch.arange(6.0, dtype=torch.float64))
    with pytest.raises(ConfigError, match=r"layer: an order is known for 6 key channels.*Allowed for key_order"):
        order.sorted(whole(1, 2, 3, 4), whole(1, 2, 3, 4))


def test_the_rows_of_keys_are_found_by_role():
    llama = LlamaAttention(LlamaConfig(**SHAPE, attention_bias=True), 0)
    found = rows_of(llama, "model.layers.0.self_attn", "k")
    assert found.weight.data_ptr() == llama.k_proj.weight.data_ptr()
    assert found.bias.shape == (16,)
    gpt2 = GPT2Attention(GPT2Config(n_embd=24, n_head=4), layer_idx=0)
    assert torch.equal(rows_of(gpt2, "transformer.h.0.attn", "k").weight, gpt2.c_attn.weight.T[24:48])
    assert torch.equal(rows_of(gpt2, "transformer.h.0.attn", "q").bias, gpt2.c_attn.bias[:24])
    phi3 = Phi3Attention(Phi3Config(**{**SHAPE, "pad_token_id": 0}), 0)
    assert torch.equal(rows_of(phi3, "model.layers.0.self_attn", "k").weight, phi3.qkv_proj.weight[32:48])
    t5 = T5Attention(T5Config(d_model=24, d_kv=6, num_heads=4))
    assert rows_of(t5, "encoder.block.0.layer.0.SelfAttention", "k").weight.shape == (24, 24)
    assert rows_of(nn.Linear(2, 2), "mlp", "k") is None


@torch.no_grad()
def test_sizes_are_lengths_of_rows_times_the_norm_behind_them():
    llama = LlamaAttention(LlamaConfig(**SHAPE), 0)
    name = "model.layers.0.self_attn"
    assert torch.allclose(key_sizes(llama, name), llama.k_proj.weight.double().norm(dim=1))
    gemma = Gemma3Attention(Gemma3TextConfig(**SHAPE), 0)
    gemma.k_norm.weight.copy_(torch.linspace(-0.5, 3.0, 8))  # Gemma adds one to it
    wanted = gemma.k_proj.weight.double().norm(dim=1) * (1 + gemma.k_norm.weight.double()).repeat(2)
    assert torch.allclose(key_sizes(gemma, name), wanted, rtol=1e-5)


def test_rotation_is_seen():
    assert rotates(LlamaAttention(LlamaConfig(**SHAPE), 0))
    assert not rotates(GPT2Attention(GPT2Config(n_embd=24, n_head=4), layer_idx=0))


def test_an_order_is_made_where_the_description_asks_for_one():
    llama, name = LlamaAttention(LlamaConfig(**SHAPE), 0), "model.layers.0.self_attn"
    assert key_order(llama, name, Floating()) is None
    assert key_order(llama, name, sorts("model")) is None
    assert key_order(llama, name, sorts("measured")).measures
    assert not key_order(llama, name, sorts("weights")).measures
    with pytest.raises(ConfigError, match=r"Linear, which are not known. Allowed: 'measured', 'model'"):
        key_order(nn.Linear(2, 2), "mlp", sorts("weights"))
