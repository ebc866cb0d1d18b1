"""What mixed passes take over the sum of their parts, where a schedule works on several things at once.

The estimator is asked for passes when they first occur: for just as many requests and parts of prompts, over all
contexts and pasts at once. Passes of more and of fewer tokens are gone between in a straight line only where one in the
middle was seen to lie on it, since schedules jump at certain numbers of tokens.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

Grid: TypeAlias = NDArray[np.float64]
"""What the estimator says, and the sums (first axis); seconds, and joules low, typical and high (second axis); over
contexts and pasts."""
Ask: TypeAlias = Callable[[int, int, int], Grid]
"""By requests that make a token, parts of prompts, and tokens of those."""
RIGHT_FRACTION = 0.01
"""Of a pass; a line that is no further off will do."""
FEW = 24
"""Requests up to twice as many are asked about one by one, more to a twenty-fourth."""
ALONE = (1.0, 1.0, 1.0, 1.0)


@final
class Overlap:
    """What the estimator says over the sums: exact for few requests, in straight lines over contexts and pasts.

    Parts of prompts count as a single one that has as many products with keys.
    """

    def __init__(self, ask: Ask, contexts: NDArray[np.int64], pasts: NDArray[np.int64], least_batch: int = 1) -> None:
        self._ask = ask
        self._least_batch = least_batch
        """Requests and parts from which a schedule does otherwise."""
        self._contexts: list[int] = contexts.tolist()
        self._pasts: list[int] = pasts.tolist()
        self._lines: dict[tuple[int, int], _Tokens] = {}
        self.asked = 0
        """Times the estimator was."""

    def factors(self, requests: int, context: float, parts: Sequence[tuple[int, int]]) -> tuple[float, ...]:
        """Give seconds and joules of a pass with parts `(tokens, past)` over those of the sum, below 1 mostly."""
        count = len(parts)
        if requests + count < 2:
            return ALONE
        total = sum(tokens for tokens, _ in parts)
        keys = sum(tokens * (past + 0.5 * tokens) for tokens, past in parts)
        requests = self._about(requests, count)
        line = self._lines.get((requests, count))
        if line is None:
            line = self._lines[requests, count] = _Tokens()
        grid = line.at(total, self._new(requests, count))
        whole, sums = _within(grid, (self._contexts, context), (self._pasts, keys / total - 0.5 * total))
        # Both go in straight lines, and the sum at this very place then adds its own steps and bends.
        return tuple(_over(whole, sums).tolist())

    def _about(self, requests: int, count: int) -> int:
        """Round many requests down, on their side of where a schedule does otherwise."""
        near = requests - requests % max(1, requests // FEW)
        return near if (near + count < self._least_batch) == (requests + count < self._least_batch) else requests

    def _new(self, requests: int, count: int) -> Callable[[int], Grid]:
        def ask(tokens: int) -> Grid:
            self.asked += 1
            return self._ask(requests, count, tokens)

        return ask


@final
class _Tokens:
    """Passes alike but for the tokens of their prompts."""

    __slots__ = ("_grids", "_sizes", "_straight")

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._grids: list[Grid] = []
        self._straight: set[int] = set()
        """Sizes from which a straight line leads to the next."""

    def at(self, tokens: int, ask: Callable[[int], Grid]) -> Grid:
        """Look up, go between two, or ask."""
        place = bisect_left(self._sizes, tokens)
        if place < len(self._sizes) and self._sizes[place] == tokens:
            return self._grids[place]
        inside = 0 < place < len(self._sizes)
        if inside and self._sizes[place - 1] in self._straight:
            return self._between(place, tokens)
        found = ask(tokens)
        if inside and (np.abs(_over(*self._between(place, tokens)) / _over(*found) - 1.0) < RIGHT_FRACTION).all():
            self._straight |= {self._sizes[place - 1], tokens}
        self._sizes.insert(place, tokens)
        self._grids.insert(place, found)
        return found

    def _between(self, place: int, tokens: int) -> Grid:
        low, high = self._sizes[place - 1], self._sizes[place]
        share = (tokens - low) / (high - low)
        return self._grids[place - 1] * (1.0 - share) + self._grids[place] * share


def _over(whole: Grid, sums: Grid) -> Grid:
    """Give the one over the other; 1 where a chip spends nothing."""
    return np.divide(whole, sums, out=np.ones_like(whole), where=(sums > 0) & (whole > 0))


def _within(grid: Grid, *asked: tuple[list[int], float]) -> Grid:
    """Go in straight lines along each axis but the first two; beyond its ends as at the ends."""
    for axis, size in asked:
        if grid.shape[2] == 1:
            grid = grid[:, :, 0]
            continue
        low = min(max(bisect_right(axis, size) - 1, 0), len(axis) - 2)
        share = min(max((size - axis[low]) / (axis[low + 1] - axis[low]), 0.0), 1.0)
        grid = grid[:, :, low] * (1.0 - share) + grid[:, :, low + 1] * share
    return grid
