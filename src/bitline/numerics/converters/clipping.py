"""From sums seen to the range of a converter: all of them, a percentile, or the least squared error."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.hardware import Adc
from bitline.numerics.converters.histogram import Histogram
from bitline.numerics.converters.uniform import code_limits, is_symmetric

_TOGETHER = 1 << 20
"""Bins looked at together, to bound memory."""


def range_from(histogram: Histogram, adc: Adc, *, signed: bool) -> Tensor:
    """Give the lowest and highest sum `[groups, 2]`, float64, that codes should stand for, as `adc` asks.

    `max` spans what was seen. The others clip the same magnitude on both sides, but never beyond what was seen.
    """
    seen = histogram.seen.to(torch.float64)
    if adc.statistic == "max":
        return seen
    groups = max(1, _TOGETHER // histogram.bins)
    parts = [slice(start, start + groups) for start in range(0, len(seen), groups)]
    low, high = code_limits(adc, signed=signed)
    steps = high - low if signed or is_symmetric(adc, signed=signed) else 2 * (high - low)
    found = [
        percentile(histogram, part, adc.percentile)
        if adc.statistic == "percentile"
        else least_error(histogram, part, steps, finest=not adc.finer_than_unit)
        for part in parts
    ]
    reach = torch.cat(found)[:, None]
    return seen.clamp(min=-reach, max=reach)


def percentile(histogram: Histogram, part: slice, percent: float) -> Tensor:
    """Give the upper edge `[groups]` of the bin of magnitudes at which this share of all sums is reached."""
    counts = _magnitudes(histogram, part)
    reached = counts.cumsum(dim=1)
    total = reached[:, -1:]
    # In whole numbers, so that a share of exactly all is all.
    wanted = (total.to(torch.float64) * (percent / 100.0)).ceil().clamp(min=1.0).to(torch.int64)
    edge = (reached < torch.minimum(wanted, total)).sum(dim=1) + 1
    return edge * histogram.width[part]


def least_error(histogram: Histogram, part: slice, steps: int, *, finest: bool) -> Tensor:
    r"""Give the clipping magnitude `[groups]`, an edge of a bin, with the least squared error.

    Clipping at a with `steps` equal steps of D over -a .. a errs by D**2 / 12 inside (exact zeros excepted) and by
    the distance to a outside, each bin taken at its middle. With `finest`, sums are whole and D is at least 1, which
    then makes no error at all.
    """
    counts = _magnitudes(histogram, part).to(torch.float64)
    width = histogram.width[part][:, None]
    middle = torch.arange(counts.shape[1], dtype=torch.float64, device=counts.device) + 0.5
    inside = counts.cumsum(dim=1)
    first, second = (counts * middle).cumsum(dim=1), (counts * middle.square()).cumsum(dim=1)
    edge = middle + 0.5
    above, above_first, above_second = (one[:, -1:] - one for one in (inside, first, second))
    clipped = above_second - 2.0 * edge * above_first + edge.square() * above
    step = 2.0 * edge / steps
    rounded = step.square() / 12.0 * (inside - histogram.zeros[part][:, None]).clamp(min=0.0)
    if finest:
        rounded = torch.where(step * width <= 1.0, torch.zeros_like(rounded), rounded)
    best = (clipped.clamp(min=0.0) + rounded).argmin(dim=1)
    return edge[best] * width[:, 0]


def _magnitudes(histogram: Histogram, part: slice) -> Tensor:
    """Fold the bins below zero onto those above; the edges of both are the same."""
    below, above = histogram.counts[part].chunk(2, dim=1)
    return above + below.flip(1)
