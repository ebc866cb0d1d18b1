"""Errors drawn some outputs at a time are those drawn all at once."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Spread, WeightFormat
from bitline.numerics import effective as room
from bitline.numerics.codes.slices import in_columns
from bitline.numerics.devices import NEW
from bitline.numerics.effective import effective
from bitline.numerics.programming import DrawByPlace


@given(n=st.integers(1, 90), k=st.integers(1, 70), step=st.sampled_from([16, 32, 48]), first=st.integers(0, 2))
def test_parts_are_the_whole(n, k, step, first):
    draw = DrawByPlace(torch.zeros(n, k), (3, "w"))
    whole, in_turn = draw(("slice", 1)), draw.in_turn(("slice", 1), step)
    if in_turn is None:
        assert 0 < n % step * k < 16
        return
    # What is asked for late has missed nothing.
    for start in range(first * step, n, step):
        part = slice(start, min(start + step, n))
        assert torch.equal(in_turn(part), whole[part])


@pytest.mark.parametrize("n", [7, 33, 160])
def test_a_matrix_programmed_in_parts_is_the_same_matrix(n, monkeypatch):
    spread = Spread(sigma_fraction=0.05)
    arithmetic = Analog(
        weight=WeightFormat(encoding="differential"), input=InputFormat(), array=Array(rows=32, columns=64), adc=Adc(),
        cell=Cell(technology="reram", bits=2, programming_noise=spread, read_noise=spread),
    )  # fmt: skip
    codes = torch.randint(-127, 128, (n, 50), generator=torch.Generator().manual_seed(n), dtype=torch.int8)
    held = in_columns(codes, arithmetic.weight)
    whole = effective(held, arithmetic, DrawByPlace(held, (0,)), NEW)
    monkeypatch.setattr(room, "_CELLS", 1)
    parts = effective(held, arithmetic, DrawByPlace(held, (0,)), NEW)
    assert torch.equal(whole.level, parts.level)
    assert torch.equal(whole.variance, parts.variance)
    monkeypatch.setattr(DrawByPlace, "in_turn", lambda *_: None)
    assert torch.equal(whole.level, effective(held, arithmetic, DrawByPlace(held, (0,)), NEW).level)
