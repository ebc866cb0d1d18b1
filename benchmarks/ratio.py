"""Two ways of doing one thing, timed in turns in one run, so that a drifting machine slows both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def ratios(
    baseline: Callable[[], object], *others: Callable[[], object], rounds: int = 15, calls: int = 1
) -> list[float]:
    """Give the median over `rounds` of each other's time over the baseline's just before it, `calls` calls each."""
    for each in (baseline, *others):
        each()
        each()
    seen: list[list[float]] = [[] for _ in others]
    for _ in range(rounds):
        for times, each in zip(seen, others, strict=True):
            base = seconds(baseline, calls)
            times.append(seconds(each, calls) / base)
    return [statistics.median(times) for times in seen]


def seconds(action: Callable[[], object], calls: int = 1) -> float:
    """Time so many calls."""
    start = time.perf_counter()
    for _ in range(calls):
        action()
    return time.perf_counter() - start
