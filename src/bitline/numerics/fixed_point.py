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
    """A unit loaded with the worth of a code in each column, as shares of the largest, and with what was fitted.

    Digits and blocks of an output whose converters have other steps are added up in codes of the finest of them.
    """

    def __init__(
        self,
        form: NearMemory,
        transfer: Conversion | None,
        scale: Tensor,
        affine: tuple[Tensor, Tensor] | None,
        *,
        columns: int,
    ) -> None:
        """Load scales `[n]`, in real values per product of codes, and an affine correction of sums `[n]` each.

        `columns` counts those of a digit: one more than outputs if there is a bias column.
        """
        self._code = _codes_of(transfer, len(scale), columns).to(scale.device)
        worth = scale * self._code
        self._top = float(worth.max().clamp(min=1e-30))
        shares = (worth / self._top).to(scale.dtype)
        gain, offset = (torch.ones_like(scale), torch.zeros_like(scale)) if affine is None else affine
        self._unit = near_memory(form, shares * gain, shares * offset / self._code)

    def corrected(self, sums: Tensor) -> Tensor:
        """Turn sums `[vectors, n]` of products of codes into real values, float32."""
        activations = self._unit.apply(torch.round(sums.to(torch.float64) / self._code))
        return activations.to(torch.float32).mul_(self._unit.unit * self._top)


def _codes_of(transfer: Conversion | None, n: int, columns: int) -> Tensor:
    """Give what one code of each output `[n]` is worth, in products of codes; float64."""
    step = 1.0 if transfer is None else transfer.step
    if isinstance(step, float):
        return torch.full((n,), step, dtype=torch.float64)
    # Columns stand digit by digit; a bias column stands before the outputs and is taken off each of them.
    finest = step.reshape(-1, columns).amin(dim=0)
    return finest if columns == n else torch.minimum(finest[1:], finest[0])
