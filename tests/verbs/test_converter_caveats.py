"""Converters too narrow for their sums are told of; those of the shipped systems are not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import bitline as bl
from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, SharedExponent, WeightFormat
from bitline.verbs.converter_caveats import narrow_converters, uniform_sums


def default(**changes):
    chip = bl.load_chip("default")
    weights = chip.engines["weights"]
    return replace(chip, engines={**chip.engines, "weights": replace(weights, adc=replace(weights.adc, **changes))})


def test_the_default_chip_with_seven_bits_is_warned_of_and_with_nine_not():
    """By hand: 128 rows of bits and levels 0..3 have mean 96 and deviation sqrt(128 * (0.5 * 3.5 - 0.75**2))."""
    sums = uniform_sums(bl.load_chip("default").engines["weights"].arithmetic())
    assert (sums.mean, sums.largest) == (96.0, 384.0)
    assert sums.deviation**2 == pytest.approx(152.0, rel=1e-12)
    (said,) = narrow_converters(default(bits=7))
    assert said.startswith("engine 'weights': adc.range = 'unit' with 7 bits ends at 127.5 of 384 unit sums, and clips")
    assert "0.5% of the sums" in said
    for bits in (8, 9):
        assert narrow_converters(default(bits=bits)) == []
    assert said in bl.estimate("embedded", default(bits=7)).warnings


def test_a_code_wider_than_the_sums_is_warned_of():
    (said,) = narrow_converters(default(bits=4, range="full"))
    assert "one code of its 4-bit converter spans 25.6 unit sums" in said
    assert narrow_converters(default(bits=7, range="full")) == []
    assert narrow_converters(default(bits=4, range="calibrated")) == []
    assert narrow_converters(default(bits=None, kind="ideal")) == []


@pytest.mark.parametrize("encoding", ["offset", "differential", "sign_split"])
@pytest.mark.parametrize("signed", ["unsigned", "sign_split", "bipolar"])
def test_moments_are_those_of_drawn_data(encoding, signed):
    rows, draws = 64, 4000
    arithmetic = Analog(
        weight=WeightFormat(bits=8, encoding=encoding), cell=Cell(technology="reram", bits=2), adc=Adc(bits=8),
        input=InputFormat(bits=8, bits_per_pulse=3, signed=signed), array=Array(rows=rows, columns=8),
    )  # fmt: skip
    draw = torch.Generator().manual_seed(0)

    def uniform(top: int) -> torch.Tensor:
        return torch.randint(0, top + 1, (draws, rows), generator=draw).double()

    def sign() -> torch.Tensor:
        return torch.randint(0, 2, (draws, rows), generator=draw).double()

    x, w = uniform(7), uniform(3)
    x = x * sign() if signed == "sign_split" else x * (2 * sign() - 1) if signed == "bipolar" else x
    w = w * sign() if encoding == "sign_split" else w * (2 * sign() - 1) if encoding == "differential" else w
    sums, found = (x * w).sum(dim=1), uniform_sums(arithmetic)
    assert found.deviation == pytest.approx(float(sums.std()), rel=0.05)
    assert abs(found.mean - float(sums.mean())) < 5 * float(sums.std()) / draws**0.5


def test_what_shared_exponents_take_and_is_not_counted_is_told():
    chip = bl.load_chip("default")
    blocks = replace(chip.engines["attention"], shared_exponent=SharedExponent(values=32, bits=8))
    (said,) = (
        one
        for one in bl.estimate("embedded", replace(chip, engines={**chip.engines, "attention": blocks})).warnings
        if "exponents" in one
    )
    assert said.startswith("engine 'attention' shares exponents: ")
    assert "not as room (0.25 bits a value)" in said
    assert not any("exponents" in one for one in bl.estimate("embedded", chip).warnings)
