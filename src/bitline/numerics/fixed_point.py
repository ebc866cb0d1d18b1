"""Results of a matrix through a fixed-point near-memory unit: whole codes in, activations of few bits out."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from bitline.hardware import NearMemory
from bitline.numerics.conversion import Conversion
from bitline.numerics.correction import near_memory


@final
class FixedPoint:
    """A unit loaded with the scales of a matrix's columns, as shares of the largest, and with what was fitted."""

    def __init__(
        self, form: NearMemory, transfer: Conversion | None, scale: Tensor, affine: tuple[Tensor, Tensor] | None
    ) -> None:
        """Load scales `[n]`, in real values per product of codes, and an affine correction of sums `[n]` each."""
        step = 1.0 if transfer is None else transfer.step
        self._code = step if isinstance(step, float) else float(step.min())
        self._top = float(scale.max().clamp(min=1e-30))
        shares = scale / self._top
        gain, offset = (torch.ones_like(scale), torch.zeros_like(scale)) if affine is None else affine
        self._unit = near_memory(form, shares * gain, shares * offset / self._code)

    def corrected(self, sums: Tensor) -> Tensor:
        """Turn sums `[vectors, n]` of products of codes into real values, float32."""
        activations = self._unit.apply(torch.round(sums.to(torch.float64) / self._code))
        return activations.to(torch.float32).mul_(self._unit.unit * self._code * self._top)
