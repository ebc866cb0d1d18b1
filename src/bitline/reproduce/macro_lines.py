"""Predictions of macros as rows of text, in the units that circuit papers print."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bitline.reproduce.lines import number
from bitline.reproduce.macros import Prediction, Spread
from bitline.reproduce.survey import QUANTILES, Trend
from bitline.systems import Published

UNITS = {
    "op/J": (1e12, "TOPS/W"), "op/s": (1e12, "TOPS"), "op/s/m2": (1e18, "TOPS/mm²"), "m2": (1e-6, "mm²"),
    "s": (1e-9, "ns"),
}  # fmt: skip
"""What circuit papers print, by SI unit: its size and name."""
TREND_COLUMNS = ("of", "points", "ranks", *(f"{share:.0%}" for share in QUANTILES), "inside")
"""Headings of `trend_lines`."""
LARGE = 100.0
MACRO_COLUMNS = ("macro", "nm", "published", "ours", "low to high", "off", "alone", "S", "C", "A", "F")
"""Headings of `macro_lines`; the last: numbers stated, costs among those, numbers assumed, numbers fitted."""
SPREAD_COLUMNS = ("of", "macros", "figures", "median error", "worst", "inside", "alone", "calibrated")
"""Headings of `spread_lines`."""


def trend_lines(found: Iterable[Trend]) -> tuple[tuple[str, ...], ...]:
    """Give one row of text for each group of a survey."""
    return tuple(
        (
            one.name,
            str(one.points),
            f"{one.rank_correlation:.2f}" if math.isfinite(one.rank_correlation) else "",
            *(f"x{factor:.2f}" for factor in one.factors),
            str(one.within_envelope),
        )
        for one in found
    )


def macro_lines(found: Iterable[Prediction]) -> tuple[tuple[str, ...], ...]:
    """Give one row of text for each predicted figure of a macro."""
    return tuple(_macro_line(one) for one in found)


def spread_lines(found: Iterable[Spread]) -> tuple[tuple[str, ...], ...]:
    """Give one row of text for each sort of figure."""
    return tuple(
        (
            one.sort,
            str(one.macros),
            str(one.figures),
            f"{one.median_error_fraction:.0%}",
            f"x{one.worst_factor:.2f}",
            f"{one.within_envelope} of {one.figures}",
            f"{one.median_error_fraction_alone:.0%}",
            f"{one.median_error_fraction_calibrated:.0%}",
        )
        for one in found
    )


def _macro_line(one: Prediction) -> tuple[str, ...]:
    row, figure, known = one.row, one.row.figure, one.rests_on
    assert row.ours is not None
    span = (
        ""
        if row.ours_low is None or row.ours_high is None
        else f"{_short(row.ours_low / _unit(figure))} to {_short(row.ours_high / _unit(figure))}"
    )
    return (
        one.macro,
        f"{one.node_nm:g}",
        f"{number(figure.value / _unit(figure))} {UNITS.get(figure.unit, (1.0, figure.unit))[1]}",
        _short(row.ours / _unit(figure)),
        span,
        f"x{one.factor:.2f}",
        f"x{one.factor_alone:.2f}",
        str(known.stated),
        str(one.stated_costs),
        str(known.assumed),
        str(known.fitted),
    )


def _short(value: float) -> str:
    return f"{value:.3g}" if value < LARGE else f"{value:.0f}"


def _unit(figure: Published) -> float:
    return UNITS.get(figure.unit, (1.0, ""))[0]
