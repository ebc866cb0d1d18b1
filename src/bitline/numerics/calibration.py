"""What a matrix learns from example inputs: the range of its inputs, of its converter, and the errors that leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.numerics.exact import Exact
from bitline.numerics.fold import Fold
from bitline.numerics.moments import ErrorMoments, error_moments, measured_activity

_EXAMPLES = 256
_EXAMPLES_A_CALL = 128


@final
@dataclass(frozen=True, slots=True)
class Calibration:
    """What was learnt from example inputs of one matrix."""

    input_scale: float
    """Real value of one input code."""
    adc_range: float | None
    """Largest bitline sum seen, in levels times input steps; None where the converter's range is not calibrated."""
    error: ErrorMoments | None
    """What conversion adds to each column, for plan `statistical`."""


@final
class Examples:
    """The largest magnitude of all vectors `[rows, k]` seen, and a few of them."""

    def __init__(self) -> None:
        self.largest = 0.0
        self.kept: list[Tensor] = []

    def add(self, x: Tensor) -> None:
        """Look at more vectors."""
        if not x.numel():
            return
        self.largest = max(self.largest, float(x.detach().abs().amax()))
        if sum(len(part) for part in self.kept) < _EXAMPLES:
            stride = max(1, len(x) // _EXAMPLES_A_CALL)
            self.kept.append(x.detach()[::stride][:_EXAMPLES_A_CALL].to(torch.float32, copy=True))


def largest_sum_seen(exact: Exact, codes: Tensor) -> float:
    """Give the largest magnitude of a noiseless bitline sum, in levels times input steps."""
    return max(float(sums.abs().max()) for _, _, sums in exact.bitline_sums(codes)) * exact.cells.unit


def measured_error(exact: Exact, fold: Fold, codes: Tensor, adc_range: float | None) -> ErrorMoments:
    """Measure what conversion adds: the examples are few, so a mean for each column, one factor on all variances."""
    error = exact.sums(codes).to(torch.float64).sub_(fold.sums(codes).mul_(fold.unit))
    activity = measured_activity(codes, exact.arithmetic.input)
    derived = error_moments(exact.cells, exact.arithmetic, activity, adc_range).variance
    spread = error.var(dim=0, correction=1 if len(error) > 1 else 0)
    factor = spread.mean() / derived.mean().clamp(min=1e-30)
    return ErrorMoments(_shrunk(error.mean(dim=0), spread / len(error)), derived * factor)


def _shrunk(means: Tensor, chance: Tensor) -> Tensor:
    """Pull column means of few examples towards zero by the share of their spread that chance explains."""
    observed = means.square().mean()
    return means * ((observed - chance.mean()) / observed.clamp(min=1e-30)).clamp(min=0.0)
