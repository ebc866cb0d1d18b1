"""Attention products of blocks: exact on mantissas, the same in any batch, prefill or cache."""

from __future__ import annotations

import pytest
import torch

from bitline.hardware import BlockFloating, InputFormat, SharedExponent, WeightFormat
from bitline.numerics.storage import block_context, block_float, block_scores

torch.set_num_threads(1)


def blocks(held: int = 4, moving: int = 8, values: int = 32) -> BlockFloating:
    exponent = SharedExponent(values=values)
    return BlockFloating(weight=WeightFormat(bits=held), input=InputFormat(bits=moving), exponent=exponent)


FORMATS = [blocks(), blocks(values=7), blocks(8, 8, 64), blocks(12, 16, 16)]


def operands(batch: int = 2, heads: int = 3, m: int = 6, t: int = 21, d: int = 48):
    rng = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(batch, heads, n, d, generator=rng) for n in (m, t, t))
    key[..., 5] *= 20
    shares = torch.randn(batch, heads, m, t, generator=rng).softmax(-1)
    shares = (shares * torch.ones(m, t).tril(t - m)).float()
    return query, key, value, shares


@pytest.mark.parametrize("form", FORMATS)
def test_scores_are_the_exact_products_of_what_the_formats_hold(form):
    query, key, _, _ = operands()
    left = block_float(query, form.input.bits, 8, form.exponent.values).values().double()
    right = block_float(key, form.weight.bits, 8, form.exponent.values).values().double()
    assert torch.equal(block_scores(query, key, form), (left @ right.mT).float())


@pytest.mark.parametrize("form", FORMATS)
def test_context_is_near_the_product_with_what_is_held(form):
    _, _, value, shares = operands()
    held = block_float(value, form.weight.bits, 8, form.exponent.values).values()
    wanted = shares @ held
    found = block_context(shares, value, form)
    assert ((found - wanted).abs() <= 21 * 0.5 * 2.0 ** (2 - form.input.bits) * held.abs().amax()).all()
    assert (found - wanted).abs().mean() < 2.0 ** (1 - form.input.bits) * wanted.abs().amax()


@pytest.mark.parametrize("form", FORMATS)
def test_results_do_not_depend_on_what_stands_beside_them(form):
    query, key, value, shares = operands()
    scores, context = block_scores(query, key, form), block_context(shares, value, form)
    for request in range(2):
        for head in range(3):
            for row in range(6):
                here = request, head, slice(row, row + 1)
                assert torch.equal(block_scores(query[here], key[request, head], form), scores[here])
                assert torch.equal(block_context(shares[here], value[request, head], form), context[here])


@pytest.mark.parametrize("form", FORMATS)
def test_a_longer_cache_and_a_shift_in_it_change_nothing(form):
    query, key, value, shares = operands()
    more = torch.randn(2, 3, 9, 48)
    assert torch.equal(block_scores(query, torch.cat([key, more], 2), form)[..., :21], block_scores(query, key, form))
    unseen = torch.nn.functional.pad(shares, (0, 9))
    assert torch.equal(block_context(unseen, torch.cat([value, more], 2), form), block_context(shares, value, form))
    behind = torch.nn.functional.pad(shares, (9, 0))
    assert torch.equal(block_context(behind, torch.cat([more, value], 2), form), block_context(shares, value, form))


def test_one_block_for_a_whole_head_does_not_see_the_order_of_channels():
    query, key, _, _ = operands(d=32)
    order = torch.randperm(32, generator=torch.Generator().manual_seed(1))
    one, many = blocks(values=32), blocks(values=8)
    assert torch.equal(block_scores(query[..., order], key[..., order], one), block_scores(query, key, one))
    assert not torch.equal(block_scores(query[..., order], key[..., order], many), block_scores(query, key, many))


def test_nothing_gives_nothing_and_what_is_not_finite_stays_visible():
    query, key, value, shares = operands()
    assert not block_scores(query * 0, key, blocks()).any()
    key[0, 1, 3] = float("nan")
    scores = block_scores(query, key, blocks())
    assert scores[0, 1, :, 3].isnan().all()
    assert scores.isnan().sum() == 6
    value[0, 0, 2, 1] = float("inf")
    assert block_context(shares, value, blocks())[0, 0, 5].isnan().any()


def test_many_bits_come_near_floating_point():
    query, key, value, shares = operands()
    fine = blocks(24, 24, 16)
    assert torch.allclose(block_scores(query, key, fine), query @ key.mT, atol=1e-4)
    assert torch.allclose(block_context(shares, value, fine), shares @ value, atol=1e-5)
