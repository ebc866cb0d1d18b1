"""What a pass takes, put together from samples: quickly, and for any mix of requests.

The time of a pass of b requests that make a token each at a mean context c, and of parts of prompts (n tokens after p
others each), is that of all its rows seeing but themselves, plus what the scores, the keys of the b requests, and the
keys of each part add to that, each as if nothing else were in the pass. So a pass of only one kind is as the estimator
says but for straight lines between samples; a mixed one assumes that attention of one request does not overlap with
work of another.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from bitline.serving.samples import Samples

Cost: TypeAlias = tuple[float, float]
"""Seconds and joules."""


@final
class Passes:
    """Prices of passes; fills its tables as it is asked."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        every = np.arange(1, int(samples.rows[-1]) + 1)
        self._alone = _table(every, samples.rows, samples.alone)
        batches = np.arange(1, int(samples.batches[-1]) + 1)
        self._single = _table(batches, samples.batches, samples.decoding[:, :, 0])
        self._sums: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        self._parts: dict[int, tuple[list[float], list[float]]] = {}
        self._pasts: list[int] = samples.pasts.tolist()

    def decode(self, requests: int, context: float, steps: int = 1) -> Cost:
        """Price steps in each of which all requests make a token; `context` is their mean at the first of them.

        The cost grows in straight lines from context to context, so steps between whole contexts are exact too.
        """
        seconds, joules = self._sums_of(requests)
        start = int(context)
        share = context - start
        return (
            _between(seconds, start, steps, share),
            _between(joules, start, steps, share),
        )

    def steps_until(self, seconds: float, requests: int, context: float, most: int) -> int:
        """Count the steps it takes until so much time has passed, at least 1 and `most` at most."""
        low, high = 1, most
        while low < high:
            middle = (low + high) // 2
            if self.decode(requests, context, middle)[0] >= seconds:
                high = middle
            else:
                low = middle + 1
        return low

    def mixed(self, requests: int, context: float, parts: Sequence[tuple[int, int]], scored: int) -> tuple[Cost, Cost]:
        """Price one pass, and what it would take without its parts of prompts `(tokens, past)`.

        `scored` counts rows whose next token is scored; at least one is, in the model of a pass.
        """
        rows = requests + sum(tokens for tokens, _ in parts)
        scored = max(scored, 1)
        found = []
        for kind in (0, 1):
            alone, single = self._alone[kind], self._single[kind]
            found.append(alone[rows] + single[scored] - alone[scored])
        decoded = (0.0, 0.0)
        if requests:
            decoded = self.decode(requests, context)
            for kind in (0, 1):
                found[kind] += decoded[kind] - self._single[kind][requests]
        for tokens, past in parts:
            taken = self._part(tokens, past)
            for kind in (0, 1):
                found[kind] += taken[kind] - self._alone[kind][tokens]
        return (found[0], found[1]), decoded

    def _part(self, tokens: int, past: int) -> Cost:
        """Price a part of one prompt that has a pass for itself."""
        costs = self._parts.get(tokens)
        if costs is None:
            lines = _at(tokens, self._samples.tokens, self._samples.taking_in)
            costs = self._parts[tokens] = (lines[0].tolist(), lines[1].tolist())
        pasts = self._pasts
        place = min(bisect_right(pasts, past), len(pasts) - 1)
        share = (past - pasts[place - 1]) / (pasts[place] - pasts[place - 1])
        seconds, joules = costs
        return (
            seconds[place - 1] + share * (seconds[place] - seconds[place - 1]),
            joules[place - 1] + share * (joules[place] - joules[place - 1]),
        )

    def _sums_of(self, requests: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Add up the costs at contexts below each one: seconds, and joules."""
        known = self._sums.get(requests)
        if known is None:
            contexts = self._samples.contexts
            every = np.arange(1, int(contexts[-1]) + 1)
            lines = _at(requests, self._samples.batches, self._samples.decoding)
            # Entry i is the sum over contexts 1 to i - 1; one more lets a fractional context look one ahead.
            sums = [
                np.concatenate(([0.0, 0.0], np.cumsum(np.append(costs, costs[-1]))))
                for costs in (np.interp(every, contexts, line) for line in lines)
            ]
            known = self._sums[requests] = (sums[0], sums[1])
        return known


def _between(sums: NDArray[np.float64], start: int, steps: int, share: float) -> float:
    total: float = sums.item(start + steps) - sums.item(start)
    if share:
        total += share * (sums.item(start + steps + 1) - sums.item(start + 1) - total)
    return total


def _at(size: int, sizes: NDArray[np.int64], costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Go in a straight line between the samples on both sides, shape `[2, ...]`."""
    if sizes.size == 1:
        return costs[:, 0]
    place = min(int(np.searchsorted(sizes, size, side="right")), sizes.size - 1)
    share = (size - sizes[place - 1]) / (sizes[place] - sizes[place - 1])
    line: NDArray[np.float64] = costs[:, place - 1] * (1 - share) + costs[:, place] * share
    return line


def _table(
    every: NDArray[np.int64], sizes: NDArray[np.int64], costs: NDArray[np.float64]
) -> tuple[list[float], list[float]]:
    """Give seconds and joules of every size; entry 0 is never asked for."""
    seconds, joules = (np.interp(every, sizes, one) for one in costs)
    return [0.0, *seconds.tolist()], [0.0, *joules.tolist()]
