"""fp8 beside torch's own casts."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.numerics.formats.minifloat import MINIFLOATS, minifloat_codes

TORCH = {"e4m3": torch.float8_e4m3fn, "e5m2": torch.float8_e5m2}
LEAST = {"e4m3": 0.0, "e5m2": 2.0**-5}
"""What is below meets the step of the codes, where that is not the smallest of the format."""


def ours(x: torch.Tensor, name: str) -> torch.Tensor:
    form = MINIFLOATS[name]
    return minifloat_codes(x, form).to(torch.float32) * 2.0**form.unit


@pytest.mark.parametrize("name", MINIFLOATS)
def test_every_number_of_the_format_stays(name: str) -> None:
    every = torch.arange(256, dtype=torch.uint8).view(TORCH[name]).to(torch.float32)
    every = every[torch.isfinite(every) & ((every.abs() >= LEAST[name]) | (every == 0))]
    assert float(every.max()) == MINIFLOATS[name].largest
    assert torch.equal(ours(every, name), every)
    halfway = (every.unique()[1:] + every.unique()[:-1]) / 2
    halfway = halfway[halfway.abs() >= LEAST[name]]
    assert torch.equal(ours(halfway, name), halfway.to(TORCH[name]).to(torch.float32)), "ties go to the even one"


@given(name=st.sampled_from([*MINIFLOATS]), seed=st.integers(0, 99), power=st.integers(-12, 15))
def test_rounding_is_that_of_torch(name: str, seed: int, power: int) -> None:
    x = torch.randn(500, generator=torch.Generator().manual_seed(seed)) * 2.0**power
    x = x[x.abs() >= LEAST[name]].clamp(-MINIFLOATS[name].largest, MINIFLOATS[name].largest)
    assert torch.equal(ours(x, name), x.to(TORCH[name]).to(torch.float32))


@pytest.mark.parametrize("name", MINIFLOATS)
def test_what_is_too_large_is_cut_and_what_is_too_small_fades(name: str) -> None:
    form = MINIFLOATS[name]
    x = torch.tensor([1e6, -1e30, 2.0 ** (form.unit - 2)])
    assert ours(x, name).tolist() == [form.largest, -form.largest, 0.0]
    small = torch.tensor([2.0**form.unit * 1.4])
    assert ours(small, name).item() == 2.0**form.unit
