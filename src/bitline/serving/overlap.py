"""What mixed passes take beside the sum of their parts, where a schedule works on several things at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

Axes: TypeAlias = tuple[NDArray[np.int64], ...]
"""Requests that make a token, their context, rows of theirs and of the part together, and the past of the part."""


@final
class Overlap:
    """Shares of the sum on a grid of passes with one part of a prompt, with straight lines between.

    Where several parts are in a pass, each adds its own as if alone with the requests that make tokens. Schedules that
    part rows see all of them together: there each adds its share of what as many tokens of one part would.
    """

    def __init__(self, axes: Axes, more_s: NDArray[np.float64], *, parts_rows: bool = False) -> None:
        self._parts_rows = parts_rows
        self._axes: list[list[int]] = [axis.tolist() for axis in axes]
        self._more_s: list[float] = more_s.ravel().tolist()
        self._strides = [int(np.prod(more_s.shape[1 + number :])) for number in range(more_s.ndim)]

    def of_all_s(self, requests: int, context: float, parts: Sequence[tuple[int, int]]) -> float:
        """Give what a pass with parts of prompts `(tokens, past)` takes beyond the sum of all, below 0 mostly."""
        if not self._parts_rows:
            return sum(self.more_s(requests, context, requests + tokens, past) for tokens, past in parts)
        total = sum(tokens for tokens, _ in parts)
        return sum(self.more_s(requests, context, requests + total, past) * tokens / total for tokens, past in parts)

    def more_s(self, requests: int, context: float, rows: int, past: float) -> float:
        """Give what a pass with one part takes beyond the sum of both; beyond the grid as at its edge."""
        place, corners = 0, [(0, 1.0)]
        for axis, stride, size in zip(self._axes, self._strides, (requests, context, rows, past), strict=True):
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
