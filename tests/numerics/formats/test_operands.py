"""Attention products with keys and values in few bits."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import Floating
from bitline.hardware.compression import Compression
from bitline.hardware.formats import formats_of
from bitline.numerics.formats.rounding import rounded
from bitline.numerics.formats.whole_numbers import in_whole_numbers
from bitline.numerics.product import product

torch.set_num_threads(1)
D = 24
FORMATS = {
    "kv8": formats_of("fp16", 16, None, 8), "kv4": formats_of("fp16", 16, None, 4),
    "kv4 groups": formats_of("fp16", 16, None, 4, Compression(), Compression(shared_bits=16, shared_by=8)),
    "kv4 zeros": formats_of("fp16", 16, None, 4, Compression(), Compression(shared_bits=32, shared_by=128)),
    "blocks": formats_of("fp16", 16, None, 8, Compression(), Compression(shared_bits=8, shared_by=16)),
    "int8": formats_of("int8", 8), "int8 kv4": formats_of("int8", 8, 8, 4), "fp8": formats_of("fp8", 8),
    "e5m2": formats_of("e5m2", 8), "q8": formats_of("fp16", 8, 16, 16),
}  # fmt: skip


def operands(seed: int = 0, tokens: int = 19):
    draw = torch.Generator().manual_seed(seed)
    query = torch.randn(2, 3, 5, D, generator=draw)
    key, value = (torch.randn(2, 3, tokens, D, generator=draw) * torch.rand(D, generator=draw) for _ in range(2))
    shares = torch.rand(2, 3, 5, tokens, generator=draw).pow(3.0)
    return query, key, value, shares / shares.sum(dim=-1, keepdim=True)


def multiplied(moving, stationary, name, scales):
    return product(moving, stationary, in_whole_numbers(Floating(formats=FORMATS[name])), scales=scales, key=("test",))


@pytest.mark.parametrize("name", FORMATS)
def test_scores_are_those_of_rounded_keys(name):
    query, key, _, _ = operands()
    formats = FORMATS[name]
    held = key if formats.cache is None else rounded(key, formats.cache).values()
    sent = query if formats.input is None else rounded(query, formats.input).values()
    wanted = sent.double() @ held.double().mT
    found = multiplied(query, key.mT, name, "n")
    assert found.dtype == torch.float32
    assert torch.allclose(found.double(), wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name].input is None])
def test_values_are_rounded_token_by_token(name):
    _, _, value, shares = operands()
    wanted = shares.double() @ rounded(value, FORMATS[name].cache).values().double()
    assert torch.allclose(multiplied(shares, value, name, "k").double(), wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["int8", "int8 kv4", "fp8", "e5m2", "q8"])
def test_shares_are_rounded_with_the_scales_of_tokens_in_them(name):
    _, _, value, shares = operands()
    formats = FORMATS[name]
    held = value if formats.cache is None else rounded(value, formats.cache).values()
    exact = shares.double() @ held.double()
    found = multiplied(shares, value, name, "k").double()
    assert (found - exact).norm() < 0.08 * exact.norm()


@given(name=st.sampled_from([*FORMATS]), seed=st.integers(0, 30), fewer=st.integers(1, 18))
def test_more_tokens_change_no_score(name, seed, fewer):
    query, key, value, shares = operands(seed)
    whole = multiplied(query, key.mT, name, "n")
    assert torch.equal(multiplied(query, key[:, :, :fewer].mT, name, "n"), whole[..., :fewer])
    shares = shares.clone()
    shares[..., fewer:] = 0.0
    mixed = multiplied(shares, value, name, "k")
    assert torch.equal(multiplied(shares[..., :fewer], value[:, :, :fewer], name, "k"), mixed)


@pytest.mark.parametrize("name", FORMATS)
def test_a_vector_does_not_see_the_others(name):
    query, key, value, shares = operands()
    scores, mixed = multiplied(query, key.mT, name, "n"), multiplied(shares, value, name, "k")
    for row in range(5):
        one = slice(row, row + 1)
        assert torch.equal(multiplied(query[:, :, one], key.mT, name, "n"), scores[:, :, one])
        assert torch.equal(multiplied(shares[1:, 2:, one], value[1:, 2:], name, "k"), mixed[1:, 2:, one])


def test_many_results_are_worked_out_in_turn(monkeypatch):
    query, key, value, shares = operands()
    whole = multiplied(query, key.mT, "kv4", "n"), multiplied(shares, value, "kv4", "k")
    monkeypatch.setattr("bitline.numerics.formats.operands._CHUNK", 1)
    assert torch.equal(multiplied(query, key.mT, "kv4", "n"), whole[0])
    assert torch.equal(multiplied(shares, value, "kv4", "k"), whole[1])
