"""Two ways of doing one thing, timed in turns in one run, so that a drifting machine slows both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def ratios(baseline: Callable[[], object], *others: Callable[[], object], rounds: int = 15) -> list[float]:
    """Give the median over `rounds` of each other's time over the baseline's, taken in the same round."""
    for each in (baseline, *others):
        each()
        each()
    seen: list[list[float]] = [[] for _ in others]
    for _ in range(rounds):
        base = seconds(baseline)
        for times, each in zip(seen, others, strict=True):
            times.append(seconds(each) / base)
    return [statistics.median(times) for times in seen]


def seconds(action: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
