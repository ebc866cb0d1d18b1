"""Plan `fold`: what is linear in the input folds into one effective matrix, once, when it is programmed.

The effective weights are kept as 16-bit fixed point, one scale per column (so off by at most 1/65278 of the
column's largest weight): the product stays one of integers, equal on every device and for any split of the batch,
and the matrix takes two bytes a weight. Read noise that no converter cuts folds as well, into one Gaussian.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeAlias, final

import torch
from torch import Tensor

from bitline.hardware import Analog, Integer
from bitline.numerics.codes.integer import by_planes, planes_for, split
from bitline.numerics.codes.pulses import input_offset
from bitline.numerics.plans.output_noise import OutputNoise
from bitline.numerics.plans.sums import Sums

_TOP = 127 * 256 + 127
_OUTPUTS = 256
"""Worked on at a time."""
_SUMS = 1 << 20
"""Sums worked on at a time, so that caches hold them."""
_ROWS = 64
"""Vectors multiplied at a time, at least."""


Parts: TypeAlias = Iterable[tuple[slice, Tensor]]
"""Which outputs, and their rows `[some, k]` of a matrix; together all of them."""


def whole(matrix: Tensor) -> Parts:
    """Give a matrix `[n, k]` in one part."""
    return ((slice(0, len(matrix)), matrix),)


@final
class Fold(Sums):
    """One product with the effective weights, and one with their variances where reads are noisy."""

    plan: ClassVar[str] = "fold"

    def __init__(
        self, effective: Parts, ideal: Tensor, arithmetic: Analog | Integer, noise: OutputNoise | None = None
    ) -> None:
        """Keep effective weights, given some outputs at a time; `ideal [n, k]` are the codes they were meant to be."""
        self.noise = noise
        self.low = torch.empty(ideal.shape, dtype=torch.int8, device=ideal.device)
        self.high = torch.empty_like(self.low)
        self._unit = torch.empty(len(ideal), device=ideal.device)
        error = torch.empty(len(ideal), dtype=torch.float64, device=ideal.device)
        # Some outputs at a time: the matrix of a large layer is never held here in full precision.
        for outputs, weights in effective:
            self._unit[outputs] = torch.maximum(weights.amax(dim=1), -weights.amin(dim=1)).mul_(1.0 / _TOP)
            self._unit[outputs].clamp_(min=1e-30)
            for start in range(0, len(weights), _OUTPUTS):
                some = slice(start, start + _OUTPUTS)
                held = slice(outputs.start + start, min(outputs.start + start + _OUTPUTS, outputs.stop))
                steps = torch.round(weights[some] / self._unit[held, None]).to(torch.int32)
                self.low[held], self.high[held] = split(steps, 2)
                error[held] = (weights[some] - ideal[held]).sum(dim=1, dtype=torch.float64)
        self.input_planes = planes_for(arithmetic.input.top_code)
        # Inputs sent with an offset meet the cells' errors too; the chip takes off the ideal product only.
        offset = input_offset(arithmetic.input) if arithmetic.input.offset_product == "digital" else 0
        error *= offset
        self.constant = (error / self._unit).to(torch.float32) if bool(error.any()) else None

    def sums(self, codes: Tensor) -> Tensor:
        """Multiply by both bytes of the effective weights and add; float32."""
        parts = [self._some(part) for part in torch.split(codes, max(_ROWS, _SUMS // len(self.low)))]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _some(self, codes: Tensor) -> Tensor:
        total = self.mean(codes)
        return total if self.noise is None else self.noise.disturbed(total, codes, self._unit)

    def mean(self, codes: Tensor) -> Tensor:
        """Give the sums without noise; float32."""
        total: Tensor | None = None
        planes = split(codes, self.input_planes)
        both = zip(by_planes(planes, self.low.t()), by_planes(planes, self.high.t()), strict=True)
        for place, (low, high) in enumerate(both):
            part = low.to(torch.float32).add_(high, alpha=256)
            total = part if total is None else total.add_(part, alpha=float(256**place))
        assert total is not None
        return total if self.constant is None else total.add_(self.constant)

    @property
    def unit(self) -> Tensor:
        """The fixed-point step of each column."""
        return self._unit

    @property
    def stored_bytes(self) -> int:
        """Two bytes a weight, and two more for read noise."""
        noise = 0 if self.noise is None else self.noise.stored_bytes
        return self.low.nbytes + self.high.nbytes + self._unit.nbytes + noise
