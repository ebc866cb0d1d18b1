"""What digital logic behind the converters puts right, and how narrow it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, final

from annotated_types import Interval

from bitline.hardware.quantity import Bits

Width = Annotated[int, Interval(ge=0, le=32)]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class NearMemory:
    """A fixed-point unit that scales and shifts the codes of each column and cuts them to an activation.

    y = scale * code + offset in full precision, a second such stage if a batch norm does not fit the formats,
    ReLU, then `cut_before_bits` low bits are dropped, half of the next cut is added, `cut_after_bits` are dropped,
    and what does not fit `output_bits` saturates. (Ferro et al., ISCAS 2024: formats second-hand, the order of the
    steps from the patent's claims and our assumption.)
    """

    scale_integer_bits: Width = 1
    """The scale has no sign."""
    scale_fraction_bits: Width = 7
    offset_integer_bits: Width = 7
    """The sign is one of them."""
    offset_fraction_bits: Width = 1
    relu: bool = False
    cut_before_bits: Width = 0
    """Low bits dropped before rounding."""
    cut_after_bits: Width = 7
    """Low bits dropped with rounding, half up. A unit of the output is 2**(both cuts) units of the product."""
    output_bits: Bits = 8
    """Of the activation: without sign behind a ReLU, else in two's complement."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Digital correction of converted sums; what is not given is ideal or left out."""

    affine: Literal["none", "column"] = "none"
    """A scale and an offset for each column, fitted in calibration so that what is read becomes what was meant."""
    near_memory: NearMemory | None = None
    """The fixed-point unit that applies them; floating point if not given."""
    accumulator_bits: Bits | None = None
    """Of the adder that adds up shifted codes of all pulses and digits; wide enough if not given."""
    overflow: Literal["saturate", "wrap"] = "saturate"
    """What an accumulator makes of a sum that does not fit: the nearest that does, or its low bits."""
    drift: Literal["none", "global", "column"] = "none"
    """A factor against conductance drift, measured when the model is aged: one per matrix, or one per column."""
