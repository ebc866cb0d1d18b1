"""The two formats of fp8, as multiples of their smallest step.

e4m3 has no infinity and ends at 448, e5m2 ends at 57,344 (Micikevicius et al., arXiv 2209.05433, recalled; the same as
`torch.float8_e4m3fn` and `torch.float8_e5m2`). Values are rounded to nearest, halves to even; what is larger is cut to
the largest (as inference engines cast).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware.formats import Number
from bitline.numerics.storage.block_float import power_of_two


@final
@dataclass(frozen=True, slots=True)
class Minifloat:
    """Significands of `fraction_bits` behind the point, exponents of normal numbers from `lowest` to `highest`."""

    fraction_bits: int
    lowest: int
    highest: int
    largest: float
    unit: int
    """Exponent of what codes count. Of e5m2 it is not the smallest step: what is below fades to multiples of it, which
    is less than float32 loses beside the largest value of a row."""

    @property
    def top(self) -> int:
        """The largest code."""
        return int(self.largest * 2.0**-self.unit)


MINIFLOATS: dict[Number, Minifloat] = {
    "e4m3": Minifloat(fraction_bits=3, lowest=-6, highest=8, largest=448.0, unit=-9),
    "e5m2": Minifloat(fraction_bits=2, lowest=-14, highest=15, largest=57344.0, unit=-7),
}


def minifloat_codes(x: Tensor, form: Minifloat) -> Tensor:
    """Round float32 values of any shape to int32 multiples of `2**unit`."""
    wide = x.to(torch.float64)
    exponents = torch.frexp(x.abs()).exponent.to(torch.int64).sub_(1).clamp_(form.lowest, form.highest)
    steps = exponents.sub_(form.fraction_bits).clamp_(min=form.unit)
    rounded = wide.mul_(power_of_two(-steps)).round_().mul_(power_of_two(steps - form.unit))
    return rounded.clamp_(-form.top, form.top).to(torch.int32)
