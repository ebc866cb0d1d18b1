"""Rows as whole numbers and scales: by hand, by bounds, and beside torch's own rounding."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware.formats import ValueFormat
from bitline.numerics.formats.rounding import group_length, rounded, top_of

torch.set_num_threads(1)
FORMS = st.builds(
    ValueFormat,
    bits=st.integers(2, 12),
    number=st.sampled_from(["integer", "integer", "e4m3", "e5m2"]),
    shared=st.sampled_from(["scale", "scale_and_zero", "exponent"]),
    shared_by=st.one_of(st.none(), st.integers(1, 40)),
    kept=st.integers(1, 4),
    left_out=st.integers(0, 3),
)
SIZES = st.sampled_from([1e-30, 1e-3, 1.0, 3e4, 1e30])


def drawn(rows: int, k: int, seed: int, size: float = 1.0) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(rows, k, generator=draw) * torch.rand(rows, k, generator=draw).pow(3.0) * size


def test_codes_by_hand() -> None:
    row = torch.tensor([[0.7, -0.34, 0.05, 0.16, -7.0, 2.4, 0.0, 1.0]])
    one = rounded(row, ValueFormat(bits=4))
    assert one.codes.tolist() == [[1, 0, 0, 0, -7, 2, 0, 1]]
    assert one.scales.tolist() == [[1.0]]
    two = rounded(row, ValueFormat(bits=4, shared_by=4))
    assert two.codes.tolist() == [[7, -3, 0, 2, -7, 2, 0, 1]]
    assert two.scales.tolist() == [[pytest.approx(0.1), 1.0]]
    zero = rounded(torch.tensor([[-1.0, 0.0, 0.9, 14.0]]), ValueFormat(bits=4, shared="scale_and_zero"))
    assert zero.codes.tolist() == [[-1, 0, 1, 14]]
    assert zero.scales.tolist() == [[1.0]]
    block = rounded(torch.tensor([[1.9, 0.3, -0.6, 0.1]]), ValueFormat(bits=4, shared="exponent", shared_by=32))
    assert block.values().tolist() == [[1.75, 0.25, -0.5, 0.0]]
    pruned = rounded(row, ValueFormat(bits=4, kept=2, left_out=2))
    assert pruned.codes.tolist() == [[1, 0, 0, 0, -7, 2, 0, 0]]


def test_values_of_one_sign_use_all_codes_of_a_zero_point() -> None:
    row = torch.linspace(0.0, 1.5, 16)[None]
    assert rounded(row, ValueFormat(bits=4, shared="scale_and_zero")).codes.tolist() == [list(range(16))]
    assert rounded(-row, ValueFormat(bits=4, shared="scale_and_zero")).codes.tolist() == [list(range(0, -16, -1))]


def test_fp8_by_hand() -> None:
    row = torch.tensor([[1.75, 0.5, -0.1, 0.0]])
    scaled = rounded(row, ValueFormat(bits=8, number="e4m3"))
    assert scaled.codes.tolist() == [[448 * 512, 128 * 512, -26 * 512, 0]]
    blocks = rounded(row, ValueFormat(bits=8, number="e4m3", shared="exponent", shared_by=32))
    assert blocks.scales.tolist() == [[2.0**-8 * 2.0**-9]], "the largest has the highest exponent, 8"
    assert blocks.codes.tolist() == [[448 * 512, 128 * 512, -26 * 512, 0]]
    above = rounded(torch.tensor([[1.99]]), ValueFormat(bits=8, number="e4m3", shared="exponent", shared_by=32))
    assert above.values().tolist() == [[1.75]], "what the exponent lets be too large is cut"


def test_zero_is_among_the_codes_though_no_value_is_near_it() -> None:
    row = torch.tensor([[5.0, 9.0, 30.0, 6.2]])
    for sign in (1, -1):
        found = rounded(sign * row, ValueFormat(bits=4, shared="scale_and_zero"))
        assert found.codes.tolist() == [[sign * code for code in (2, 4, 15, 3)]]
        assert found.scales.tolist() == [[2.0]]


@given(form=FORMS, k=st.integers(1, 90), seed=st.integers(0, 99), size=SIZES)
def test_codes_are_within_their_range_and_zero_stays_zero(form: ValueFormat, k: int, seed: int, size: float) -> None:
    x = drawn(3, k, seed, size)
    x[:, ::5] = 0.0
    found = rounded(x, form)
    assert found.codes.shape == (3, k)
    assert int(found.codes.to(torch.int64).abs().max()) <= top_of(form)
    assert found.scales.shape == (3, -(-k // group_length(form, k)))
    assert torch.isfinite(found.values()).all()
    assert bool((found.codes[:, ::5] == 0).all())
    if form.shared == "scale_and_zero" and form.number == "integer":
        for part, _ in found.parts():
            wide = found.codes[:, part].to(torch.int64)
            assert bool((wide.amax(dim=1).clamp(min=0) - wide.amin(dim=1).clamp(max=0) <= top_of(form)).all())


@given(form=FORMS, k=st.integers(1, 90), seed=st.integers(0, 99), size=SIZES)
def test_rounding_again_changes_nothing(form: ValueFormat, k: int, seed: int, size: float) -> None:
    once = rounded(drawn(3, k, seed, size), form).values()
    again = rounded(once, form).values()
    assert torch.allclose(again, once, rtol=2e-6, atol=0.0)


@given(form=FORMS, k=st.integers(1, 90), seed=st.integers(0, 99))
def test_a_value_is_off_by_half_a_step_at_most(form: ValueFormat, k: int, seed: int) -> None:
    form = replace(form, left_out=0, kept=1)
    x = drawn(3, k, seed)
    found = rounded(x, form)
    error, values = (found.values() - x).abs(), found.values()
    for part, scale in found.parts():
        if form.number != "integer":
            largest, bits = {"e4m3": (448, 3), "e5m2": (57344, 2)}[form.number]
            unit = scale * (2.0**9 if form.number == "e4m3" else 2.0**7)
            exponents = torch.floor(torch.log2((values[:, part] / unit).abs().clamp(min=2.0**-20)))
            lowest = -6 if form.number == "e4m3" else -14
            step = unit * 2.0 ** (exponents.clamp(min=lowest) - bits)
            step = step.maximum(scale)
            # Under a shared exponent the largest values may be cut, which costs less than they exceed it.
            cut = ((x[:, part] / unit).abs() - largest).clamp(min=0.0) * unit
            assert bool((error[:, part] <= 0.5 * step * (1 + 1e-5) + cut).all())
        elif form.shared == "exponent":
            assert bool((error[:, part] <= scale).all())
            within = x[:, part].abs() <= scale * top_of(form)
            assert bool((error[:, part][within] <= 0.5 * scale.expand_as(within)[within]).all())
        else:
            assert bool((error[:, part] <= 0.5 * scale * (1 + 1e-4)).all())


@given(bits=st.integers(2, 12), block=st.integers(1, 40), k=st.integers(1, 90), seed=st.integers(0, 99), size=SIZES)
def test_a_block_has_the_exponent_of_its_largest(bits: int, block: int, k: int, seed: int, size: float) -> None:
    x = drawn(2, k, seed, size)
    found = rounded(x, ValueFormat(bits=bits, shared="exponent", shared_by=block))
    for part, scale in found.parts():
        largest = x[:, part].abs().amax(dim=1)
        for mine, step in zip(largest.tolist(), scale[:, 0].tolist(), strict=True):
            if mine > 0:
                # Below the smallest float32 a step is nothing.
                assert step == pytest.approx(2.0 ** (math.floor(math.log2(mine)) - bits + 2), abs=1e-38)
        assert bool((found.values()[:, part].abs() < 2.0 * largest[:, None] + 1e-37).all())


@given(form=FORMS, k=st.integers(1, 60), seed=st.integers(0, 99))
def test_a_row_is_rounded_alone(form: ValueFormat, k: int, seed: int) -> None:
    x = drawn(5, k, seed)
    whole = rounded(x, form)
    for row in range(5):
        alone = rounded(x[row], form)
        assert torch.equal(alone.codes, whole.codes[row])
        assert torch.equal(alone.scales, whole.scales[row])


@pytest.mark.parametrize("number", ["integer", "e4m3", "e5m2"])
@pytest.mark.parametrize("shared", ["scale", "scale_and_zero", "exponent"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_stays_visible(number: str, shared: str, bad: float) -> None:
    x = drawn(2, 12, 0)
    x[0, 5] = bad
    found = rounded(x, ValueFormat(bits=8, number=number, shared=shared, shared_by=4)).values()
    assert not torch.isfinite(found[0, 5])
    assert torch.isfinite(found[1]).all()
    assert torch.isfinite(found[0, 8:]).all()


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_torch_rounds_groups_to_the_same_codes(bits: int) -> None:
    """`fake_quantize_per_channel_affine`, which multiplies by a reciprocal: now and then a tie turns the other way."""
    x, group = drawn(64, 256, 3), 64
    rows = x.reshape(-1, group)
    for shared in ("scale", "scale_and_zero"):
        ours = rounded(x, ValueFormat(bits=bits, shared=shared, shared_by=group))
        scales = ours.scales.reshape(-1)
        top = 2 ** (bits - 1) - 1
        low, high = (-top, top) if shared == "scale" else (0, 2**bits - 1)
        zeros = torch.zeros(len(rows), dtype=torch.int32)
        if shared == "scale_and_zero":
            smallest = rows.amin(dim=1).clamp(max=0.0)
            assert torch.allclose(scales, (rows.amax(dim=1).clamp(min=0.0) - smallest) / high, rtol=1e-6)
            zeros = torch.round(-smallest / scales).to(torch.int32)
        theirs = torch.fake_quantize_per_channel_affine(rows, scales, zeros, 0, low, high).reshape(x.shape)
        apart = (theirs - ours.values()).abs() > 1e-6
        assert float(apart.float().mean()) < 1e-3


def test_kept_values_are_those_that_share() -> None:
    form = ValueFormat(bits=2, shared="scale_and_zero", shared_by=128, kept=2, left_out=2)
    assert group_length(form, 4096) == 256
    assert group_length(form, 100) == 100
    assert group_length(replace(form, kept=3, left_out=1), 4096) == 172
