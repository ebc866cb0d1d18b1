"""Vectors of every kind a model may send: none at all, not finite, tiny, of other types and layouts."""

from __future__ import annotations

import pytest
import torch

from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Spread, WeightFormat
from bitline.numerics import program

torch.set_num_threads(1)

K, N = 70, 12
PLANS = ["fold", "lossless", "exact", "statistical"]


def matrix(plan, **changes):
    cell = Cell(
        technology="pcm",
        bits=2,
        programming_noise=None if plan == "lossless" else Spread(sigma_fraction=0.02),
        read_noise=Spread(sigma_fraction=0.02, of="state") if plan in ("exact", "statistical") else None,
    )
    adc = {"fold": Adc(), "lossless": Adc(bits=12), "exact": Adc(bits=6), "statistical": Adc(bits=6)}[plan]
    arithmetic = Analog(
        weight=WeightFormat(), input=InputFormat(**changes), cell=cell, array=Array(rows=32, columns=64), adc=adc
    )
    weight = torch.randn(N, K, generator=torch.Generator().manual_seed(1))
    made = program(weight, arithmetic, key=(0, "w"), plan=plan)
    if changes:
        made.observe(vectors(50))
        made.settle()
    return made


def vectors(rows: int) -> torch.Tensor:
    return torch.randn(rows, K, generator=torch.Generator().manual_seed(2))


RANGES = [{}, {"range": "static"}]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("form", RANGES)
def test_no_vectors_give_no_results(plan, form):
    made = matrix(plan, **form)
    assert made.multiply(torch.zeros(0, K)).shape == (0, N)
    made.observe(torch.zeros(0, K))
    made.settle()


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("form", RANGES)
def test_a_number_that_is_none_spoils_its_own_row_and_no_other(plan, form):
    made = matrix(plan, **form)
    x = vectors(4)
    clean = made.multiply(x)
    x[1, 5] = torch.nan
    out = made.multiply(x)
    assert out[1].isnan().all()
    assert torch.equal(out[[0, 2, 3]], clean[[0, 2, 3]])


@pytest.mark.parametrize("plan", PLANS)
def test_an_infinite_number_is_not_taken_for_a_finite_one(plan):
    x = vectors(3)
    x[1, 5] = torch.inf
    out = matrix(plan).multiply(x)
    assert not out[1].isfinite().any()
    assert out[[0, 2]].isfinite().all()


@pytest.mark.parametrize("plan", PLANS)
def test_a_static_range_clips_what_is_infinite(plan):
    made = matrix(plan, range="static")
    x = vectors(1)
    x[0, 5] = torch.inf
    capped = x.clone()
    capped[0, 5] = 1e6
    assert torch.equal(made.multiply(x), made.multiply(capped))


@pytest.mark.parametrize("plan", PLANS)
def test_denormal_numbers_are_nothing(plan):
    made = matrix(plan)
    tiny = torch.full((1, K), 5e-43)
    tiny[0, 1] = 5.6e-43
    assert torch.equal(made.multiply(tiny), made.multiply(torch.zeros(1, K)))


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_types_are_computed_alike_and_come_back_as_they_went(plan, dtype):
    made = matrix(plan)
    x = vectors(5).to(dtype)
    out = made.multiply(x)
    assert out.dtype == dtype
    assert torch.equal(out, made.multiply(x.float()).to(dtype))


@pytest.mark.parametrize("plan", PLANS)
def test_layout_in_memory_does_not_matter(plan):
    made = matrix(plan)
    x = vectors(6)
    across = x.t().contiguous().t()
    spaced = torch.stack([x, -x], dim=-1)[..., 0]
    wanted = made.multiply(x)
    for same in (across, spaced, x[:1].expand(3, -1)):
        assert torch.equal(made.multiply(same), wanted if len(same) == 6 else wanted[:1].expand(3, -1))
    held = made.weight.t().contiguous().t()
    again = program(held, made.arithmetic, key=(0, "w"), plan=plan)
    assert torch.equal(again.multiply(x), wanted)
