"""Variances held in a byte: exact where they can be, off by less than a step, and by nothing in the mean over rows."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.numerics.codes.integer import split
from bitline.numerics.codes.variances import STEPS, spread_of, variance_steps


@given(seed=st.integers(0, 99), k=st.integers(1, 300), unit=st.floats(1e-12, 1e6))
def test_each_is_off_by_less_than_a_step_and_their_sum_by_hardly_more(seed, k, unit):
    share = torch.rand(4, k, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    variance = (share * STEPS * unit).to(torch.float32)
    held = variance_steps(variance, unit)
    error = held.to(torch.float64) - variance.to(torch.float64) / unit
    assert float(error.abs().max()) < 1 + 1e-5
    alike = variance_steps(variance[:, :1].expand(4, k), unit).to(torch.float64).sum(dim=1)
    # Equal ones, rounded by turns: a sum over any number of rows is right to about two steps.
    torch.testing.assert_close(alike, variance[:, 0].double() / unit * k, rtol=0, atol=2.5)


def test_nothing_stays_nothing_and_the_largest_stays_in_range():
    assert not variance_steps(torch.zeros(2, 5000), 1.0).any()
    assert (variance_steps(torch.full((2, 5000), float(STEPS)), 1.0) == STEPS).all()


@given(seed=st.integers(0, 99), planes=st.integers(1, 3))
def test_the_product_joins_planes(seed, planes):
    draw = torch.Generator().manual_seed(seed)
    squares = torch.randint(0, (127, 32639, 1 << 21)[planes - 1], (3, 40), generator=draw)
    held = torch.randint(0, STEPS + 1, (40, 5), generator=draw, dtype=torch.int8)
    found = spread_of(split(squares, planes), held)
    torch.testing.assert_close(found.double(), squares.double() @ held.double(), rtol=1e-6, atol=0)
