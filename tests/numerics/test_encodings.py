"""Every way of writing weights and sending inputs means the same product, as long as nothing is lost on the way."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Spread, WeightFormat
from bitline.numerics import program
from bitline.numerics.codes.quantise import input_codes, weight_codes
from bitline.numerics.codes.slices import code_offset, digits_of, levels

torch.set_num_threads(1)
ENCODINGS = ("offset", "bias_column", "differential", "sign_split")
SIGNS = ("twos_complement", "offset", "sign_split", "bipolar", "unsigned")


@st.composite
def weight_formats(draw):
    bits = draw(st.integers(2, 9))
    encoding = draw(st.sampled_from(ENCODINGS))
    signed = encoding in ("differential", "sign_split")
    digits = draw(st.sampled_from(("magnitude", "balanced"))) if signed else "magnitude"
    needed = bits - 1 if signed and digits == "magnitude" else bits
    sizes = []
    while sum(sizes) < needed:
        sizes.append(draw(st.integers(1, 4)))
    unequal = tuple(sizes) if draw(st.booleans()) else ()
    scale = draw(st.sampled_from(("column", "tensor", "block")))
    reference = draw(st.sampled_from(("analog", "digital")))
    form = WeightFormat(
        bits=bits, encoding=encoding, digits=digits, slice_bits=unequal, scale=scale, reference=reference
    )
    return form, Cell(technology="reram", bits=max(unequal or (draw(st.integers(1, 4)),)), on_off_ratio=10.0)


@st.composite
def input_formats(draw):
    bits = draw(st.integers(2, 9))
    signed = draw(st.sampled_from(SIGNS))
    wide = 1 if signed == "twos_complement" else draw(st.integers(1, bits))
    product = draw(st.sampled_from(("digital", "measured"))) if signed == "offset" else "digital"
    return InputFormat(bits=bits, signed=signed, bits_per_pulse=wide, offset_product=product)


def description(weight, cell, inputs, adc=Adc(), rows=8):  # noqa: B008
    return Analog(weight=weight, input=inputs, cell=cell, array=Array(rows=rows, columns=64), adc=adc)


def vectors(form: InputFormat, rows: int, k: int) -> torch.Tensor:
    x = torch.randn(rows, k, generator=torch.Generator().manual_seed(rows * k))
    return x.abs() if form.signed == "unsigned" else x


@given(weight_formats(), input_formats(), st.integers(1, 20), st.integers(1, 5))
@settings(max_examples=150, deadline=None)
def test_the_product_is_that_of_the_codes(weights, inputs, k, n):
    form, cell = weights
    arithmetic = description(form, cell, inputs)
    weight = torch.randn(n, k, generator=torch.Generator().manual_seed(7 * k + n))
    x = vectors(inputs, 3, k)
    made = program(weight, arithmetic, key=(1,), plan="exact")
    codes, scale = input_codes(x, inputs.top_code)
    wanted = torch.zeros(3, n, dtype=torch.float64)
    step = 8 if form.scale == "block" else k
    for start in range(0, k, step):
        held, scales = weight_codes(weight[:, start : start + step], form)
        wanted += (codes[:, start : start + step].double() @ held.double().T) * scales
    torch.testing.assert_close(made.multiply(x).double(), wanted * scale.double(), rtol=2e-5, atol=1e-6)


@given(weight_formats())
@settings(max_examples=100, deadline=None)
def test_digits_add_up_to_the_codes(weights):
    form, cell = weights
    top = (1 << (form.bits - 1)) - 1
    codes = torch.arange(-top, top + 1, dtype=torch.int32).unsqueeze(0)
    total = torch.zeros_like(codes)
    for digit in digits_of(form, cell):
        level = levels(codes, form, cell, digit.index)
        assert int(level.abs().max()) <= digit.top
        if digit.stands in ("plus", "minus"):
            level = level.clamp(min=0) if digit.stands == "plus" else (-level).clamp(min=0)
        total += level * digit.place
    assert torch.equal(total - code_offset(form), codes)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_fine_converter_changes_little_in_any_encoding(encoding):
    form = WeightFormat(
        bits=6, encoding=encoding, reference="digital", slice_bits=(2, 4) if encoding == "offset" else ()
    )
    cell = Cell(technology="reram", bits=4 if encoding == "offset" else 2, on_off_ratio=20.0)
    inputs = InputFormat(bits=6, bits_per_pulse=5, signed="bipolar")
    weight, x = torch.randn(4, 30, generator=torch.Generator().manual_seed(0)), vectors(inputs, 5, 30)
    exact = program(weight, description(form, cell, inputs, rows=16), key=(1,), plan="exact").multiply(x)
    errors = []
    for bits in (8, 12, 16):
        adc = Adc(bits=bits, finer_than_unit=True)
        found = program(weight, description(form, cell, inputs, adc, rows=16), key=(1,), plan="exact").multiply(x)
        errors.append(float((found - exact).abs().max()))
    assert errors[0] > 3 * errors[1] > 9 * errors[2]


def test_what_a_bias_column_reads_is_taken_off_with_its_errors():
    """A reference that strays like the others shifts all outputs alike; an ideal one does not."""
    cell = Cell(technology="reram", bits=2, on_off_ratio=4.0, programming_noise=Spread(sigma_fraction=0.05))
    inputs = InputFormat(bits=4, signed="unsigned")
    weight, x = torch.randn(400, 16, generator=torch.Generator().manual_seed(0)), vectors(inputs, 1, 16)
    ideal = program(
        weight, description(WeightFormat(bits=4), dataclasses.replace(cell, programming_noise=None), inputs), key=(1,)
    )
    shift = {}
    for encoding in ("offset", "bias_column"):
        form = WeightFormat(bits=4, encoding=encoding)
        for plan in ("exact", "fold"):
            made = program(weight, description(form, cell, inputs), key=(1,), plan=plan)
            off = (made.multiply(x) - ideal.multiply(x)) / made.rows[0].scale
            shift[encoding, plan] = float(off.mean() / off.std())
    assert abs(shift["offset", "fold"]) < 0.2
    assert abs(shift["bias_column", "fold"]) > 0.3
    assert shift["bias_column", "fold"] == pytest.approx(shift["bias_column", "exact"], abs=1e-3)


def test_a_measured_offset_product_takes_the_errors_of_cells_along():
    cell = Cell(technology="reram", bits=2, on_off_ratio=4.0, programming_noise=Spread(sigma_fraction=0.05))
    weight = torch.randn(50, 64, generator=torch.Generator().manual_seed(0))
    error = {}
    for product in ("digital", "measured"):
        inputs = InputFormat(bits=6, signed="offset", offset_product=product)
        x = vectors(inputs, 20, 64)
        made = program(weight, description(WeightFormat(bits=6), cell, inputs), key=(1,), plan="exact")
        folded = program(weight, description(WeightFormat(bits=6), cell, inputs), key=(1,), plan="fold")
        torch.testing.assert_close(made.multiply(x), folded.multiply(x), rtol=1e-3, atol=2e-2)
        error[product] = float((made.multiply(x) - x @ weight.T).std())
    assert error["measured"] < 0.6 * error["digital"]


def test_inputs_with_a_sign_are_refused_by_drivers_without():
    made = program(
        torch.ones(2, 4), description(WeightFormat(), Cell(technology="sram"), InputFormat(signed="unsigned")), key=(1,)
    )
    with pytest.raises(Exception, match="sees negative inputs"):
        made.multiply(-torch.ones(1, 4))


def test_rows_with_ranges_of_their_own_ease_an_outlier():
    """The codes of a layer with one loud input row keep their resolution on the others."""
    cell = Cell(technology="sram", bits=8)
    weight = torch.randn(16, 32, generator=torch.Generator().manual_seed(0))
    x = torch.randn(64, 32, generator=torch.Generator().manual_seed(1))
    x[:, 5] *= 200.0
    weight[:, 5] /= 200.0
    error = {}
    for name, inputs in {
        "static": InputFormat(range="static"), "row": InputFormat(range="row"),
        "rescaled": InputFormat(range="static", rescale_fraction=0.5),
    }.items():  # fmt: skip
        made = program(weight, description(WeightFormat(bits=9), cell, inputs), key=(1,))
        made.observe(x)
        made.settle()
        error[name] = float((made.multiply(x) - x @ weight.T).square().mean())
    assert error["row"] < 0.05 * error["static"]
    assert error["rescaled"] < 0.05 * error["static"]


@pytest.mark.parametrize("change", [
    {"weight": WeightFormat(bits=8, slice_bits=(2, 2))},
    {"weight": WeightFormat(digits="balanced")},
    {"weight": WeightFormat(bits=4, slice_bits=(9,)), "cell": Cell(technology="x", bits=4)},
    {"input": InputFormat(bits=1, signed="offset")},
    {"input": InputFormat(offset_product="measured")},
])  # fmt: skip
def test_what_cannot_stand_together_is_refused(change):
    sound = description(WeightFormat(), Cell(technology="sram", bits=2), InputFormat())
    with pytest.raises(ConfigError):
        program(torch.ones(2, 2), dataclasses.replace(sound, **change), key=(1,))
