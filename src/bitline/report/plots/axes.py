"""Axes of numbers that may lie far apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bitline.report.plots.plot import value_axis

CLOSE_DECADES = 3
"""So few decades have marks between them."""


def spread_axis(title: str, values: Sequence[float], far: float, **changes: Any) -> dict[str, Any]:
    """Give an axis of numbers, logarithmic where the largest is so many times the smallest."""
    known = [value for value in values if value > 0]
    low, high = (min(known), max(known)) if known else (1.0, 1.0)
    if high < far * low:
        return value_axis(title, **changes)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    digits = (1, 2, 5) if last - first <= CLOSE_DECADES else (1,)
    marks = [digit * 10.0**power for power in range(first, last + 1) for digit in digits]
    return value_axis(
        title,
        **changes,
        type="log",
        rangemode="normal",
        tickvals=marks,
        ticktext=[f"{mark:,.9g}{changes.get('ticksuffix', '')}" for mark in marks],
    )


def spread(axis: Mapping[str, Any]) -> str:
    """Say that an axis is logarithmic, if it is."""
    return " The axis is logarithmic." if axis.get("type") == "log" else ""
