"""What mixed passes take beside the sum of their parts, where a schedule works on several things at once."""

from __future__ import annotations

from bisect import bisect_right
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

Axes: TypeAlias = tuple[NDArray[np.int64], ...]
"""Requests that make a token, their context, tokens of a part, and its past."""


@final
class Overlap:
    """Shares of the sum on a grid of passes with one part of a prompt, with straight lines between.

    Several parts count as one of as many tokens that look back on as much.
    """

    def __init__(self, axes: Axes, more_s: NDArray[np.float64]) -> None:
        self._axes: list[list[int]] = [axis.tolist() for axis in axes]
        self._more_s: list[float] = more_s.ravel().tolist()
        self._strides = [int(np.prod(more_s.shape[1 + number :])) for number in range(more_s.ndim)]

    def more_s(self, requests: int, context: float, tokens: int, past: float) -> float:
        """Give what a pass takes beyond the sum of its parts, below 0 mostly; beyond the grid as at its edge."""
        place, corners = 0, [(0, 1.0)]
        for axis, stride, size in zip(self._axes, self._strides, (requests, context, tokens, past), strict=True):
            low = min(max(bisect_right(axis, size) - 1, 0), max(len(axis) - 2, 0))
            place += low * stride
            if len(axis) > 1:
                share = min(max((size - axis[low]) / (axis[low + 1] - axis[low]), 0.0), 1.0)
                corners = [
                    (corner + step, weight * part)
                    for corner, weight in corners
                    for step, part in ((0, 1.0 - share), (stride, share))
                    if part
                ]
        return sum(weight * self._more_s[place + corner] for corner, weight in corners)
