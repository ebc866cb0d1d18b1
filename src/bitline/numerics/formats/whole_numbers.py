"""Floating-point engines with operands in few bits, as products of whole numbers.

What stays floating point is sent in whole numbers too, of as many bits as three bytes hold, for the largest of each
vector: about what float32 holds of it. So sums depend neither on other rows nor on the order in which they are added,
and cost less than those of float32 where processors multiply bytes quickly.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from bitline.hardware import Arithmetic, Floating, InputFormat, Integer, WeightFormat
from bitline.hardware.formats import ValueFormat
from bitline.numerics.codes.quantise import input_codes
from bitline.numerics.formats.rounding import rounded
from bitline.operators import Stationary

FLOAT_BITS = 23
"""The most bits of a code that is three balanced digits of 256."""


def met(arithmetic: Arithmetic, stationary: Stationary) -> Arithmetic:
    """Give what an engine does in products with weights, or with keys and values, without formats of the others."""
    if not isinstance(arithmetic, Floating | Integer):
        return arithmetic
    formats = arithmetic.formats
    own = replace(formats, cache=None) if stationary == "weight" else replace(formats, weight=None)
    return replace(arithmetic, formats=own)


def in_whole_numbers(arithmetic: Floating) -> Integer:
    """Give the arithmetic of integers that stands for products with operands in few bits."""
    moving, held = arithmetic.formats.input, arithmetic.formats.weight
    return Integer(
        weight=WeightFormat(bits=FLOAT_BITS if held is None else held.bits),
        input=InputFormat(bits=moving.bits if moving is not None and moving.number == "integer" else FLOAT_BITS),
        formats=arithmetic.formats,
    )


def moving_codes(
    x: Tensor, form: InputFormat, narrow: ValueFormat | None, static_scale: float | None = None
) -> tuple[Tensor, Tensor]:
    """Turn vectors `[..., k]` into integer codes `[..., k]` and a scale `[..., 1]` for each.

    Raises:
        DataError: drivers without a sign meet negative inputs.

    """
    if narrow is not None and narrow.number != "integer":
        found = rounded(x, narrow)
        return found.codes, found.scales
    return input_codes(x, form.top_code, static_scale, signed=form.signed != "unsigned")
