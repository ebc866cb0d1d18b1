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
LARGE, TENFOLD = 100.0, 9.995
MACRO_COLUMNS = ("macro", "nm", "published", "ours", "low to high", "off", "alone", "S/C/A/F")
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
            f"{one.within_envelope} of {one.with_envelope}" if one.with_envelope else "",
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
        else f"{_short(row.ours_low / _unit(figure), 2)} to {_short(row.ours_high / _unit(figure), 2)}"
    )
    return (
        one.macro,
        f"{one.node_nm:g}",
        f"{number(figure.value / _unit(figure))} {UNITS.get(figure.unit, (1.0, figure.unit))[1]}",
        _short(row.ours / _unit(figure)),
        span,
        _times(one.factor),
        _times(one.factor_alone),
        f"{known.stated}/{one.stated_costs}/{known.assumed}/{known.fitted}",
    )


def _short(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}g}" if value < LARGE else f"{value:.0f}"


def _times(factor: float) -> str:
    return f"x{factor:.2f}" if factor < TENFOLD else f"x{factor:.1f}"


def _unit(figure: Published) -> float:
    return UNITS.get(figure.unit, (1.0, ""))[0]
