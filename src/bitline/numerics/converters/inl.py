"""Integral non-linearity: y = u + sum over k of c_k t**k, t = -1 at the lowest and 1 at the highest code.

The c_k are in codes and are common coefficients plus those of the converter; beyond the range the deviation is that
at its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Adc
from bitline.numerics.chance import Key
from bitline.numerics.converters.spread import draws
from bitline.numerics.converters.stage import Stage


@final
@dataclass(frozen=True, slots=True)
class Inl(Stage):
    """Coefficients `[orders, columns]`, constant first; the middle of the codes and half their range."""

    coefficients: Tensor
    middle: float
    half: float

    def apply(self, codes: Tensor) -> Tensor:
        """Add the polynomial in place."""
        t = codes.sub(self.middle) if self.middle else codes.clone()
        t.mul_(1.0 / self.half).clamp_(-1.0, 1.0)
        *lower, highest = self.coefficients
        if not lower:
            return codes.add_(highest)
        deviation = torch.addcmul(lower.pop(), t, highest)
        for coefficient in reversed(lower):
            torch.addcmul(coefficient, deviation, t, out=deviation)
        return codes.add_(deviation)


def inl(adc: Adc, low: int, high: int, instances: Tensor, key: Key) -> Inl | None:
    """Draw each converter's polynomial; None if every coefficient is zero."""
    if not any(adc.inl_codes) and not any(adc.inl_spread_codes):
        return None
    common, spread = zip(*zip_longest(adc.inl_codes, adc.inl_spread_codes, fillvalue=0.0), strict=True)
    own = draws(instances, len(common), (*key, "inl"))
    coefficients = torch.tensor(spread, dtype=torch.float64)[:, None] * own
    coefficients += torch.tensor(common, dtype=torch.float64)[:, None]
    return Inl(coefficients.to(instances.device, torch.float32), (low + high) / 2.0, (high - low) / 2.0)
