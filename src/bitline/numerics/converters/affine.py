"""Gain and offset of each converter: y = (1 + g) (u - zero) + zero + o."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Adc
from bitline.numerics.chance import Key
from bitline.numerics.converters.spread import draws
from bitline.numerics.converters.stage import Stage


@final
@dataclass(frozen=True, slots=True)
class Affine(Stage):
    """Gain and offset `[columns]`; the offset includes what the gain does to the code of a zero sum."""

    gain: Tensor
    offset: Tensor

    def apply(self, codes: Tensor) -> Tensor:
        """Scale and shift in place."""
        return codes.mul_(self.gain).add_(self.offset)


def affine(adc: Adc, instances: Tensor, zero: float, key: Key) -> Affine | None:
    """Draw gains and offsets; None if there is no spread of either."""
    if not (adc.gain_spread_fraction or adc.offset_spread_codes):
        return None
    gain, offset = draws(instances, 2, (*key, "affine"))
    gain = adc.gain_spread_fraction * gain
    offset = adc.offset_spread_codes * offset - zero * gain
    return Affine(*(one.to(instances.device, torch.float32) for one in (1.0 + gain, offset)))
