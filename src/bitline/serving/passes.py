"""What a pass takes, put together from samples: quickly, and for any mix of requests.

The time of a pass of b requests that make a token each at a mean context c, and of parts of prompts (n tokens after p
others each), is that of all its rows seeing but themselves, plus what the scores, the keys of the b requests, and the
keys of each part add to that, each as if nothing else were in the pass. So a pass of only one kind is as the estimator
says but for straight lines between samples. Where a schedule lets attention of one request overlap with work of
another, or parts requests, a pass of several takes less (or more): that is asked of the estimator as it comes up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from bitline.serving.lines import Line, between
from bitline.serving.overlap import Overlap
from bitline.serving.samples import Samples

Seen: TypeAlias = Sequence[tuple[float, float]]
"""For each limit of the model, the mean of what layers see that see no more than that, and what a step adds to it."""


@final
class Passes:
    """Times of passes; fills its tables as it is asked."""

    def __init__(self, samples: Samples, overlap: Overlap | None = None) -> None:
        self.samples = samples
        self._overlap = overlap
        every = np.arange(1, int(samples.rows[-1]) + 1)
        self._alone = [0.0, *np.interp(every, samples.rows, samples.alone[0]).tolist()]
        batches = np.arange(1, int(samples.batches[-1]) + 1)
        self._single = [0.0, *np.interp(batches, samples.batches, samples.single[0]).tolist()]
        self._scored = [0.0, *np.interp(batches, samples.batches, samples.scored[0]).tolist()]
        self._lines: dict[int, tuple[Line, tuple[Line, ...]]] = {}
        self._parts: dict[int, list[float]] = {}
        self._pasts: list[int] = samples.pasts.tolist()

    @property
    def overlaps(self) -> bool:
        """Whether mixed passes are not just the sum of their parts."""
        return self._overlap is not None

    def decode(self, requests: int, context: float, steps: int = 1, seen: Seen = ()) -> float:
        """Time steps in each of which all requests make a token; `context` is their mean at the first of them.

        The cost grows in straight lines from context to context, so steps between whole contexts are exact too.
        """
        found = self._lines.get(requests)
        if found is None:
            found = self._lines[requests] = self._lines_of(requests)
        line, narrow = found
        time_s = line.at(context) if steps == 1 else line.over(context, steps)
        if narrow:
            for one, (first, growth) in zip(narrow, seen, strict=True):
                # What layers with a window add hardly bends, so that the first and the last step give the mean.
                end_s = one.at(first)
                if growth and steps > 1:
                    end_s = 0.5 * (end_s + one.at(first + growth * (steps - 1)))
                time_s += steps * end_s
        return time_s

    def until(self, seconds: float, requests: int, context: float, most: int, seen: Seen = ()) -> tuple[int, float]:
        """Count the steps it takes until so much time has passed, at least 1 and `most` at most, and time them."""
        low, high = 1, most
        time_s = took_s = self.decode(requests, context, most, seen)
        guess = most
        while low < high and time_s >= seconds:
            # Steps take nearly the same time, so a share of the time is a share of the steps.
            guess = min(max(int(seconds * guess / took_s) if took_s else high, low), high - 1)
            took_s = self.decode(requests, context, guess, seen)
            if took_s >= seconds:
                high, time_s = guess, took_s
            else:
                low = guess + 1
        return high, time_s

    def mixed(
        self, requests: int, context: float, parts: Sequence[tuple[int, int]], scored: int, seen: Seen = ()
    ) -> tuple[float, float, tuple[float, ...]]:
        """Time one pass, and what it would take without its parts of prompts `(tokens, past)`.

        `scored` counts rows whose next token is scored; at least one is, in the model of a pass. Joules over the sums
        (low, typical, high) come last; they are left out where sums are right.
        """
        time_s, decoded_s = self.sums(requests, context, parts, scored, seen)
        if self._overlap is None:
            return max(time_s, decoded_s), decoded_s, ()
        factor_s, *factors_j = self._overlap.factors(requests, context, parts)
        return max(time_s * factor_s, decoded_s), decoded_s, tuple(factors_j)

    def sums(
        self, requests: int, context: float, parts: Sequence[tuple[int, int]], scored: int, seen: Seen = ()
    ) -> tuple[float, float]:
        """Time one pass, and what it would take without its parts, as if these were worked on one by one."""
        alone, single = self._alone, self._single
        rows, added_s = requests, 0.0
        for tokens, past in parts:
            rows += tokens
            added_s += self._part(tokens, past) - alone[tokens]
        scored = max(scored, 1)
        time_s = alone[rows] + self._scored[scored] - alone[scored] + added_s
        if not requests:
            return time_s, 0.0
        decoded_s = self.decode(requests, context, 1, seen)
        return time_s + decoded_s - single[requests], decoded_s

    def all_at(self, context: float) -> Seen:
        """Give what layers with a limit see where all requests look back on as much."""
        return [(min(context, int(sizes[-1])), float(context < sizes[-1])) for sizes in self.samples.sights]

    def _part(self, tokens: int, past: int) -> float:
        """Time a part of one prompt that has a pass for itself."""
        costs = self._parts.get(tokens)
        if costs is None:
            samples = self.samples
            costs = self._parts[tokens] = between(tokens, samples.tokens, samples.taking_in[0]).tolist()
        pasts = self._pasts
        place = min(bisect_right(pasts, past), len(pasts) - 1)
        share = (past - pasts[place - 1]) / (pasts[place] - pasts[place - 1])
        return costs[place - 1] + share * (costs[place] - costs[place - 1])

    def _lines_of(self, requests: int) -> tuple[Line, tuple[Line, ...]]:
        samples = self.samples

        def line(sizes: NDArray[np.int64], costs: NDArray[np.float64]) -> Line:
            return Line(sizes, between(requests, samples.batches, costs[0]))

        return line(samples.contexts, samples.decoding), tuple(
            line(sizes, costs) for sizes, costs in zip(samples.sights, samples.seeing, strict=True)
        )
