"""The few vectors that a matrix learns from, and what input ranges they call for."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor

from bitline.hardware import InputFormat
from bitline.numerics.calibration import Calibration
from bitline.numerics.converters import Histogram, least_error, percentile

_EXAMPLES = 256
_EXAMPLES_A_CALL = 128
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@final
class Examples:
    """The magnitudes of all vectors `[rows, k]` seen, a few of them, and if wanted as many others.

    What is fitted to some is checked with the others: a range that spans all sums of the first is left by sums of
    the second as often as by those of any other text.
    """

    def __init__(self, *, others: bool = False) -> None:
        self.rows: Tensor | None = None
        self.kept: list[Tensor] = []
        self.others: list[Tensor] | None = [] if others else None

    def add(self, x: Tensor) -> None:
        """Look at more vectors."""
        if not x.numel():
            return
        seen = x.detach().abs().amax(dim=0).to(torch.float32)
        self.rows = seen if self.rows is None else torch.maximum(self.rows, seen)
        if sum(len(part) for part in self.kept) < _EXAMPLES:
            taken = torch.arange(0, len(x), max(1, len(x) // _EXAMPLES_A_CALL))[:_EXAMPLES_A_CALL]
            self.kept.append(x.detach()[taken].to(torch.float32, copy=True))
            if self.others is not None:
                left = torch.ones(len(x), dtype=torch.bool)
                left[taken] = False
                spread = left.nonzero().flatten()[_spread(int(left.sum()), _EXAMPLES_A_CALL)]
                self.others.append(x.detach()[spread].to(torch.float32, copy=True))

    def checks(self) -> Tensor:
        """Give the others `[rows, k]`, or where all vectors were kept, those."""
        others = torch.cat(self.others) if self.others else torch.empty(0)
        return others if others.numel() else torch.cat(self.kept)

    def inputs(self, form: InputFormat, weight: Tensor) -> Calibration:
        """Choose the scale of codes, and of each input row where rows have their own, for `weight [n, k]`."""
        assert self.rows is not None
        shown = torch.cat(self.kept)
        row_scale = self._row_scale(form, weight)
        if row_scale is not None:
            shown = shown / row_scale
        largest = float((self.rows if row_scale is None else self.rows / row_scale).max())
        if form.statistic != "max":
            largest = min(largest, _magnitude(shown, form))
        return Calibration(input_scale=max(largest, 1e-30) / form.top_code, row_scale=row_scale)

    def _row_scale(self, form: InputFormat, weight: Tensor) -> Tensor | None:
        assert self.rows is not None
        inputs = self.rows.clamp(min=float(self.rows.max()) * 1e-5 + 1e-30)
        if form.range == "row":
            return inputs / inputs.max()
        if form.rescale_fraction == 0.0:
            return None
        weights = weight.detach().to(torch.float32).abs().amax(dim=0)
        weights = weights.clamp(min=float(weights.max()) * 1e-5 + 1e-30)
        return inputs**form.rescale_fraction / weights ** (1.0 - form.rescale_fraction)


def _spread(rows: int, wanted: int) -> Tensor:
    """Give the places of up to so many of some rows, evenly spread and in step with no length of a text.

    Multiples of the golden ratio, less their whole part: an even stride would meet the same positions of every text.
    """
    if rows <= wanted:
        return torch.arange(rows)
    shares = torch.arange(1, wanted + 1, dtype=torch.float64).mul_(_GOLDEN).remainder_(1.0)
    found: Tensor = torch.unique(shares.mul_(rows).to(torch.int64))
    return found


def _magnitude(inputs: Tensor, form: InputFormat) -> float:
    """Give the magnitude at which inputs are clipped, by percentile or least squared error."""
    histogram = Histogram(1, device=inputs.device)
    histogram.add(inputs.reshape(-1, 1), torch.zeros(1, dtype=torch.int64, device=inputs.device))
    if form.statistic == "percentile":
        return float(percentile(histogram, slice(0, 1), form.percentile))
    return float(least_error(histogram, slice(0, 1), 2 * form.top_code, finest=False))
