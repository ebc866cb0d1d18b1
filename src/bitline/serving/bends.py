"""Where costs that go in straight lines and staircases bend: the sizes worth keeping."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray


def bends(costs: NDArray[np.float64], *, tolerance_fraction: float, most: int) -> NDArray[np.int64]:
    """Choose places along the last axis, both ends included, between which all costs go in straight lines.

    A line may be off by a fraction of the cost; the worst place is taken in first, until there are so many. After
    Ramer (1972) and Douglas and Peucker (1973) [recalled].
    """
    last = costs.shape[-1] - 1
    kept = {0, last}
    worst = [_worst(costs, 0, last)]
    while worst and len(kept) < most:
        off, place, low, high = heapq.heappop(worst)
        if -off <= tolerance_fraction:
            break
        kept.add(place)
        for first, end in ((low, place), (place, high)):
            if end - first > 1:
                heapq.heappush(worst, _worst(costs, first, end))
    return np.array(sorted(kept))


def _worst(costs: NDArray[np.float64], low: int, high: int) -> tuple[float, int, int, int]:
    """Give how far off a line is at worst, below 0, where that is, and the ends of the line."""
    if high - low < 2:
        return 0.0, low, low, high
    inside = costs[..., low + 1 : high]
    share = np.arange(1, high - low) / (high - low)
    line = costs[..., low, None] * (1.0 - share) + costs[..., high, None] * share
    off = (np.abs(inside - line) / np.maximum(np.abs(inside), np.finfo(float).tiny)).reshape(-1, share.size).max(axis=0)
    place = int(np.argmax(off))
    return -float(off[place]), low + 1 + place, low, high
