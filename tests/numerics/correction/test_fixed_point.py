"""The near-memory unit behind converters whose codes are worth more in one column than in another."""

from __future__ import annotations

import pytest
import torch

from bitline.hardware import Adc, Analog, Array, Cell, Correction, InputFormat, NearMemory, WeightFormat
from bitline.numerics import program
from bitline.numerics.conversion import Conversion
from bitline.numerics.fixed_point import FixedPoint

FORM = NearMemory(scale_fraction_bits=7, cut_before_bits=0, cut_after_bits=0, output_bits=16)


def steps(*values: float) -> Conversion:
    return Conversion(torch.tensor([values], dtype=torch.float64), 0.0, -100, 100)


def test_codes_of_unequal_worth_by_hand():
    """Codes 5 and -3 of steps 1.0 and 2.7: worth 1/2.7 = 47/128 and 1 in units of 2.7."""
    unit = FixedPoint(FORM, steps(1.0, 2.7), torch.ones(2), None, columns=2)
    found = unit.corrected(torch.tensor([[5.0, -3 * 2.7]]))
    torch.testing.assert_close(found, torch.tensor([[5 * 47 / 128 * 2.7, -3 * 2.7]]))


def test_an_output_is_added_up_in_its_own_finest_code():
    """Two digits side by side: the first output has steps 1 and 4, the second 8 and 2."""
    unit = FixedPoint(FORM, steps(1.0, 8.0, 4.0, 2.0), torch.ones(2), None, columns=2)
    # 5.4 is 5 codes of 1, worth half a unit of 2 each; 5.4 is 3 codes of 2.
    torch.testing.assert_close(unit.corrected(torch.tensor([[5.4, 5.4]])), torch.tensor([[5.0, 6.0]]))


def test_a_bias_column_is_of_every_output():
    unit = FixedPoint(FORM, steps(2.0, 4.0, 1.0), torch.ones(2), None, columns=3)
    torch.testing.assert_close(unit.corrected(torch.tensor([[5.4, 5.4]])), torch.tensor([[6.0, 5.0]]))


@pytest.mark.parametrize("scope", ["matrix", "column"])
def test_a_wide_unit_changes_little(scope):
    """One pulse, one digit: a column's sum is one code, whatever the step of its converter."""
    parts = {
        "weight": WeightFormat(bits=5, encoding="differential"), "cell": Cell(technology="reram", bits=4),
        "input": InputFormat(bits=5, bits_per_pulse=4, signed="bipolar"), "array": Array(rows=32, columns=64),
        "adc": Adc(bits=6, range="calibrated", scope=scope, finer_than_unit=True),
    }  # fmt: skip
    draw = torch.Generator().manual_seed(0)
    weight, x = torch.randn(12, 32, generator=draw), torch.randn(200, 32, generator=draw)
    weight[:, 16:] *= torch.logspace(-2, 0, 12)[:, None]
    found = []
    wide = NearMemory(scale_fraction_bits=14, cut_after_bits=3, output_bits=24)
    for correction in (Correction(), Correction(near_memory=wide)):
        made = program(weight, Analog(**parts, correction=correction), key=(0,))
        made.observe(x)
        made.settle()
        found.append(made.multiply(x))
    assert float((found[1] - found[0]).abs().max()) < 1e-3 * float(found[0].abs().max())
