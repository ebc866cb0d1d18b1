"""Digital correction against Python's own whole numbers and fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import NearMemory
from bitline.numerics.correction import accumulated, fit_affine, near_memory, saturate, to_fixed, wrap

FORMS = st.builds(
    NearMemory,
    scale_integer_bits=st.integers(0, 4),
    scale_fraction_bits=st.integers(1, 9),
    offset_integer_bits=st.integers(1, 9),
    offset_fraction_bits=st.integers(0, 10),
    relu=st.booleans(),
    cut_before_bits=st.integers(0, 4),
    cut_after_bits=st.integers(0, 9),
    output_bits=st.integers(2, 12),
)
REALS = st.floats(min_value=-100, max_value=100, width=32)


def fixed(value: float, integer: int, fraction: int, *, signed: bool) -> Fraction:
    """The fixed-point number nearest to a value, as a fraction; Python's round is half to even as well."""
    bits = integer + fraction
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return Fraction(min(max(round(Fraction(value) * 2**fraction), low), high), 2**fraction)


def model(form: NearMemory, code: int, pairs: list[tuple[float, float]]) -> int:
    """The steps on one code, as fractions: shifts are floors."""
    y, places = Fraction(code), 0
    for scale, offset in pairs:
        y *= fixed(scale, form.scale_integer_bits, form.scale_fraction_bits, signed=False)
        y += fixed(offset, form.offset_integer_bits, form.offset_fraction_bits, signed=True)
        places = max(places + form.scale_fraction_bits, form.offset_fraction_bits)
    whole = y * 2**places
    assert whole.denominator == 1
    value = max(0, int(whole)) if form.relu else int(whole)
    value = value // 2**form.cut_before_bits
    if form.cut_after_bits:
        value = (2 * value + 2**form.cut_after_bits) // 2 ** (form.cut_after_bits + 1)
    bits = form.output_bits
    return min(max(value, 0), 2**bits - 1) if form.relu else min(max(value, -(2 ** (bits - 1))), 2 ** (bits - 1) - 1)


@given(FORMS, REALS, REALS, st.lists(st.integers(-1000, 1000), min_size=1, max_size=20))
def test_the_unit_is_the_steps_in_whole_numbers(form, scale, offset, codes):
    unit = near_memory(form, torch.tensor([scale]), torch.tensor([offset]))
    found = unit.apply(torch.tensor(codes)[:, None])[:, 0].tolist()
    assert found == [model(form, code, [(scale, offset)]) for code in codes]


@given(FORMS, st.lists(st.tuples(REALS, REALS), min_size=2, max_size=2), st.lists(st.integers(-500, 500), min_size=1))
def test_a_batch_norm_that_does_not_fit_is_a_second_stage(form, pairs, codes):
    (scale, offset), (a, b) = pairs
    tensors = [torch.tensor([value], dtype=torch.float64) for value in (scale, offset, a, b)]
    unit = near_memory(form, tensors[0], tensors[1], (tensors[2], tensors[3]))
    folded = [(scale * a, offset * a + b)]
    found = unit.apply(torch.tensor(codes)[:, None])[:, 0].tolist()
    assert found == [model(form, code, folded if len(unit.stages) == 1 else pairs) for code in codes]


def test_a_batch_norm_is_folded_where_it_fits():
    form, ones = NearMemory(), torch.ones(2)
    fitting = near_memory(form, ones, 4 * ones, (ones * 1.5, ones * -2.0))
    assert [stage.scale.tolist() for stage in fitting.stages] == [[192, 192]]
    assert [stage.offset.tolist() for stage in fitting.stages] == [[8, 8]], "(4 * 1.5 - 2) in halves"
    assert len(near_memory(form, ones, ones, (torch.tensor([1.0, 2.5]), ones)).stages) == 2
    assert len(near_memory(form, ones, ones, (ones, ones * 70)).stages) == 2


def test_the_stated_formats():
    """Scale unsigned (1,7): 0 .. 1.9921875 in 2**-7; offset signed (7,1): -64 .. 63.5 in halves."""
    form = NearMemory()
    values = torch.tensor([-1.0, 0.0, 1.0, 1.9921875, 7.0])
    assert to_fixed(values, form.scale_integer_bits, form.scale_fraction_bits, signed=False).tolist() == [
        0,
        0,
        128,
        255,
        255,
    ]
    offsets = torch.tensor([-99.0, -64.0, 0.25, 0.75, 63.5, 99.0])
    assert to_fixed(offsets, form.offset_integer_bits, form.offset_fraction_bits, signed=True).tolist() == [
        -128, -128, 0, 2, 127, 127,
    ]  # fmt: skip
    unit = near_memory(form, torch.ones(1), torch.zeros(1))
    assert unit.unit == 1.0
    codes = torch.arange(-128, 128)[:, None]
    assert torch.equal(unit.apply(codes), codes), "a scale of one and no offset change nothing"


def test_rounding_is_half_up_and_a_relu_makes_room_for_eight_bits():
    unit = near_memory(NearMemory(), torch.tensor([0.5]), torch.zeros(1))
    assert unit.apply(torch.tensor([[-3], [-1], [1], [3]])).flatten().tolist() == [-1, 0, 1, 2]
    unit = near_memory(NearMemory(relu=True), torch.tensor([1.5]), torch.zeros(1))
    assert unit.apply(torch.tensor([[-3], [150], [200]])).flatten().tolist() == [0, 225, 255]


def test_cuts_make_a_unit_of_the_output_larger():
    unit = near_memory(NearMemory(cut_before_bits=1, cut_after_bits=8), torch.ones(1), torch.zeros(1))
    assert unit.unit == 4.0
    assert unit.apply(torch.tensor([[100.0], [-100.0]])).flatten().tolist() == [25, -25]


@given(st.integers(-(2**40), 2**40), st.integers(1, 32))
def test_what_does_not_fit_saturates_or_wraps(value, bits):
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    assert saturate(torch.tensor([value]), bits).item() == min(max(value, low), high)
    wrapped = wrap(torch.tensor([value]), bits).item()
    assert low <= wrapped <= high
    assert (wrapped - value) % 2**bits == 0


def test_an_accumulator_overflows_at_each_addition():
    terms = [torch.tensor([100]), torch.tensor([100]), torch.tensor([-100])]
    for overflow, bits, want in (("saturate", 8, 27), ("wrap", 8, 100), ("saturate", None, 100)):
        total = torch.tensor([0])
        for term in terms:
            total = accumulated(total, term, bits, overflow)
        assert total.item() == want


def test_a_fit_undoes_gain_and_offset():
    source = torch.Generator().manual_seed(1)
    ideal = torch.randn(50, 6, generator=source, dtype=torch.float64) * 30
    gain = torch.tensor([0.5, 0.9, 1.0, 1.1, 2.0, 3.0], dtype=torch.float64)
    scale, offset = fit_affine(ideal, gain * ideal - 7.0)
    torch.testing.assert_close(scale, 1.0 / gain)
    torch.testing.assert_close(offset, 7.0 / gain)


def test_a_fit_is_least_squares():
    source = torch.Generator().manual_seed(2)
    ideal = torch.randn(40, 3, generator=source, dtype=torch.float64)
    seen = 1.2 * ideal + 0.1 + 0.3 * torch.randn(40, 3, generator=source, dtype=torch.float64)
    scale, offset = fit_affine(ideal, seen)
    for column in range(3):
        basis = torch.stack([seen[:, column], torch.ones(40, dtype=torch.float64)], dim=1)
        want = torch.linalg.lstsq(basis, ideal[:, column : column + 1]).solution.flatten()
        torch.testing.assert_close(torch.stack([scale[column], offset[column]]), want)


@pytest.mark.parametrize(
    ("ideal", "seen", "want"),
    [
        ([1.0, 2.0, 3.0], [5.0, 5.0, 5.0], (1.0, -3.0)),
        ([1.0, 3.0], [2.0, 3.0], (1.0, -0.5)),
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], (1.0, 0.0)),
        ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], (1.0, 2.0)),
        ([1.0, 2.0, 3.0], [float("nan"), 2.0, 3.0], (1.0, 0.0)),
        ([], [], (1.0, 0.0)),
    ],
)
def test_a_fit_of_nothing_sound_shifts_at_most(ideal, seen, want):
    found = fit_affine(torch.tensor(ideal).view(-1, 1), torch.tensor(seen).view(-1, 1))
    assert tuple(part.item() for part in found) == want
