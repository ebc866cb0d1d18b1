"""A near-memory unit, step by step in integers.

For the code q of a column, with S and O the scale and offset as multiples of 2**-f and 2**-g, F = max(f, g):
y = S q 2**(F - f) + O 2**(F - g); perhaps a second such stage on y; ReLU; y >> k1; half of 2**k2 added; >> k2;
saturation. Shifts to the right drop bits, so they round down; with the half added, half up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware import NearMemory
from bitline.numerics.correction.fixed import limits, saturate, to_fixed


@final
@dataclass(frozen=True, slots=True)
class Stage:
    """Scales and offsets `[n]` of one stage, as int64 in the unit's formats."""

    scale: Tensor
    offset: Tensor


@final
@dataclass(frozen=True, slots=True)
class NearMemoryUnit:
    """The unit with what it was loaded with: one stage, or two."""

    form: NearMemory
    stages: tuple[Stage, ...]

    def apply(self, codes: Tensor) -> Tensor:
        """Turn whole codes `[..., n]` (any type) into int64 activations, in units of `unit` codes."""
        form = self.form
        y, fraction = codes.to(torch.int64), 0
        for stage in self.stages:
            y, fraction = self._scaled(y, fraction, stage)
        if form.relu:
            y = y.clamp_(min=0)
        y >>= form.cut_before_bits
        if form.cut_after_bits:
            y += 1 << (form.cut_after_bits - 1)
            y >>= form.cut_after_bits
        return saturate(y, form.output_bits, signed=not form.relu)

    def _scaled(self, y: Tensor, fraction: int, stage: Stage) -> tuple[Tensor, int]:
        form = self.form
        below = fraction + form.scale_fraction_bits
        finest = max(below, form.offset_fraction_bits)
        y = (y * stage.scale) << (finest - below)
        return y.add_(stage.offset << (finest - form.offset_fraction_bits)), finest

    @property
    def unit(self) -> float:
        """What one of the activation counts, in codes times scale."""
        form, fraction = self.form, 0
        for _ in self.stages:
            fraction = max(fraction + form.scale_fraction_bits, form.offset_fraction_bits)
        return 2.0 ** (form.cut_before_bits + form.cut_after_bits - fraction)


def near_memory(
    form: NearMemory, scale: Tensor, offset: Tensor, batch_norm: tuple[Tensor, Tensor] | None = None
) -> NearMemoryUnit:
    """Load a unit with scales and offsets `[n]`, the offset in codes times scale.

    A batch norm y -> a y + b, given as (a, b), is folded into them if the result fits the formats in every column;
    else it is a second stage. (With a = gamma / sigma, b = beta - a mu. A negative a fits neither and saturates to 0.)
    """
    if batch_norm is None:
        return NearMemoryUnit(form, (_stage(form, scale, offset),))
    a, b = batch_norm
    if fits(form, scale * a, offset * a + b):
        return NearMemoryUnit(form, (_stage(form, scale * a, offset * a + b),))
    return NearMemoryUnit(form, (_stage(form, scale, offset), _stage(form, a, b)))


def fits(form: NearMemory, scale: Tensor, offset: Tensor) -> bool:
    """Say whether scales and offsets lie within the ranges of the formats."""
    widths = (
        (scale, form.scale_integer_bits, form.scale_fraction_bits, False),
        (offset, form.offset_integer_bits, form.offset_fraction_bits, True),
    )
    for values, integer, fraction, signed in widths:
        low, high = limits(integer + fraction, signed=signed)
        whole = torch.round(values.to(torch.float64) * 2.0**fraction)
        if not bool(((whole >= low) & (whole <= high)).all()):
            return False
    return True


def _stage(form: NearMemory, scale: Tensor, offset: Tensor) -> Stage:
    return Stage(
        to_fixed(scale, form.scale_integer_bits, form.scale_fraction_bits, signed=False),
        to_fixed(offset, form.offset_integer_bits, form.offset_fraction_bits, signed=True),
    )
