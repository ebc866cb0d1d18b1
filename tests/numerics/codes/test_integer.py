"""Exact integer products against float64, at the extremes and in odd shapes."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.numerics.codes.integer import _by_floats, planes_needed, product, product_int8, split

torch.set_num_threads(1)
side = st.integers(1, 40)


@given(m=side, k=st.integers(1, 1500), n=side, seed=st.integers(0, 9), extreme=st.booleans())
def test_product_is_exact(m, k, n, seed, extreme):
    draw = torch.Generator().manual_seed(seed)
    left = torch.randint(-128, 128, (m, k), generator=draw, dtype=torch.int8)
    right = torch.randint(-128, 128, (n, k), generator=draw, dtype=torch.int8)
    if extreme:
        left.fill_(-128)
        right.fill_(-128)
    wanted = (left.double() @ right.double().t()).long()
    for held in (right.t(), right.t().contiguous()):
        assert torch.equal(product_int8(left, held).long(), wanted)
        assert torch.equal(_by_floats(left, held).long(), wanted)


@given(bits=st.integers(2, 24), seed=st.integers(0, 9))
def test_planes_hold_every_code(bits, seed):
    top = (1 << (bits - 1)) - 1
    codes = torch.randint(-top, top + 1, (100,), generator=torch.Generator().manual_seed(seed), dtype=torch.int32)
    codes[0], codes[1] = top, -top
    planes = split(codes, planes_needed(bits))
    assert torch.equal(sum(plane.long() * 256**i for i, plane in enumerate(planes)), codes.long())


@given(left_bits=st.integers(2, 20), right_bits=st.integers(2, 20))
def test_products_of_wide_codes(left_bits, right_bits):
    draw = torch.Generator().manual_seed(left_bits)
    left = torch.randint(-(1 << (left_bits - 1)) + 1, 1 << (left_bits - 1), (5, 70), generator=draw, dtype=torch.int32)
    right = torch.randint(
        -(1 << (right_bits - 1)) + 1, 1 << (right_bits - 1), (70, 6), generator=draw, dtype=torch.int32
    )
    ours = product(split(left, planes_needed(left_bits)), split(right, planes_needed(right_bits)))
    assert torch.equal(ours.long(), (left.double() @ right.double()).long())


@given(m=side, k=st.sampled_from([1, 2, 65, 1500]), n=side)
def test_batches_are_multiplied_one_by_one(m, k, n):
    draw = torch.Generator().manual_seed(k)
    left = torch.randint(-128, 128, (3, m, k), generator=draw, dtype=torch.int8)
    right = torch.randint(-128, 128, (3, n, k), generator=draw, dtype=torch.int8).mT
    wanted = (left.double() @ right.double()).long()
    assert torch.equal(product_int8(left, right).long(), wanted)
    assert torch.equal(_by_floats(left, right).long(), wanted)


def test_sums_beyond_32_bits():
    k = 300_000
    left, right = (torch.full(shape, -128, dtype=torch.int8) for shape in ((2, k), (k, 2)))
    assert torch.equal(product_int8(left, right), torch.full((2, 2), k * 128 * 128))
