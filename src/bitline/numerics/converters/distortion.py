"""The whole way of a signal through physical converters: fractional ideal codes in, digital codes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Adc
from bitline.numerics.chance import Key
from bitline.numerics.converters.affine import affine
from bitline.numerics.converters.inl import inl
from bitline.numerics.converters.sar import sar
from bitline.numerics.converters.stage import Stage
from bitline.numerics.converters.table import transfer_stage


@final
@dataclass(frozen=True, slots=True)
class Distortion:
    """The stages of the converters of one block of columns, in the order in which a signal meets them."""

    stages: tuple[Stage, ...]
    low: int
    high: int
    rounds: bool
    """Whether plain rounding ends it; a stage before does otherwise."""
    whole: bool
    """Whether what is given out are whole codes."""

    def codes(self, codes: Tensor) -> Tensor:
        """Convert fractional codes `[..., columns]`, float32; overwrites them. NaN stays, or reads as any code."""
        for stage in self.stages:
            codes = stage.apply(codes)
        if self.rounds:
            codes = codes.round_()
        return codes.clamp_(self.low, self.high)


def distortion(
    adc: Adc, low: int, high: int, instances: Tensor, *, key: Key = (), zero: float = 0.0
) -> Distortion | None:
    """Give what physical converters do besides rounding; None if they are ideal.

    `instances` `[columns]` tells which converter reads each column: the same number and key, the same converter.
    Codes run from `low` to `high`; `zero` is the one, maybe between two, that a sum of zero has.
    """
    key = ("converter", *key)
    found = affine(adc, instances, zero, key), inl(adc, low, high, instances, key), sar(adc, low, instances, key)
    stages: list[Stage] = [stage for stage in found if stage is not None]
    rounds, whole = found[2] is None, True
    if adc.transfer is not None:
        stages.append(transfer_stage(adc.transfer, low, instances.device))
        outputs = torch.tensor([adc.transfer.below_codes, *adc.transfer.output_codes])
        rounds, whole = False, bool((outputs == outputs.round()).all())
    return Distortion(tuple(stages), low, high, rounds, whole) if stages else None
