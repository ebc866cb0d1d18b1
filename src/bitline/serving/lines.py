"""Straight lines between samples at whole numbers, and sums along them."""

from __future__ import annotations

from bisect import bisect_right
from typing import final

import numpy as np
from numpy.typing import NDArray


@final
class Line:
    """Values at whole sizes, 1 the first; between them and beyond the last it goes on straight."""

    __slots__ = ("_places", "_slopes", "_sums", "_values")

    def __init__(self, sizes: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        self._places: list[int] = sizes[: max(1, sizes.size - 1)].tolist()
        self._values: list[float] = values.tolist()
        slopes, sums = climbs(sizes, values)
        self._slopes: list[float] = slopes.tolist()
        self._sums: list[float] = sums.tolist()

    def at(self, size: float) -> float:
        """Give the value at a size, a fraction perhaps."""
        place = bisect_right(self._places, size) - 1
        return self._values[place] + self._slopes[place] * (size - self._places[place])

    def over(self, start: float, steps: int) -> float:
        """Add up the values at a size, one more, and so on, so many of them."""
        first = int(start)
        last = first + steps
        places, values, slopes, sums = self._places, self._values, self._slopes, self._sums
        # Up to each of both: the value there, and the sum of those at whole sizes below.
        place = bisect_right(places, first) - 1
        beyond, value, slope = first - places[place], values[place], slopes[place]
        low, low_sum = value + slope * beyond, sums[place] + beyond * (value + slope * (beyond - 1) / 2)
        place = bisect_right(places, last) - 1
        beyond, value, slope = last - places[place], values[place], slopes[place]
        high, high_sum = value + slope * beyond, sums[place] + beyond * (value + slope * (beyond - 1) / 2)
        return high_sum - low_sum + (start - first) * (high - low)


def climbs(sizes: NDArray[np.int64], values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the slope after each sample but the last, and the sum of the values at all whole sizes before it.

    Sizes have shape `[sizes]`, values `[..., sizes]`. A single sample has a slope of 0.
    """
    if sizes.size == 1:
        return np.zeros_like(values), np.zeros_like(values)
    gaps = np.diff(sizes)
    slopes = np.diff(values) / gaps
    spans = gaps * (values[..., :-1] + slopes * (gaps - 1) / 2)
    sums = np.cumsum(spans, axis=-1) - spans
    return slopes, sums


def between(size: int, sizes: NDArray[np.int64], costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Go in a straight line between the samples on both sides, along the first axis."""
    if sizes.size == 1:
        only: NDArray[np.float64] = costs[0]
        return only
    place = min(int(np.searchsorted(sizes, size, side="right")), sizes.size - 1)
    share = (size - sizes[place - 1]) / (sizes[place] - sizes[place - 1])
    line: NDArray[np.float64] = costs[place - 1] * (1 - share) + costs[place] * share
    return line
