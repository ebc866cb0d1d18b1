"""A reproduction as rows of text, for whoever prints a table."""

from __future__ import annotations

import math

from bitline.reproduce.reproduction import Reproduction, Row

COLUMNS = ("figure", "what", "published", "ours", "error", "status", "fitted", "conditions")
"""Headings of `lines`."""
LARGEST_ERROR_FRACTION = 9.995
"""Beyond it an error is told as a factor."""
MOST_IN_FULL = 1e9


def lines(reproduction: Reproduction) -> tuple[tuple[str, ...], ...]:
    """Give one row of text for each figure, as many cells as `COLUMNS`."""
    return tuple(_line(row) for row in reproduction.rows)


def remarks(reproduction: Reproduction) -> tuple[str, ...]:
    """Tell how many figures are reached, on what terms, on which numbers, why others are not, and all conflicts."""
    counts = (
        f"{chip}: {tally.stated} numbers stated, {tally.assumed} assumed, {tally.fitted} fitted"
        for chip, tally in reproduction.parameters.items()
    )
    reasons = (f"{row.figure.id} {row.status}: {row.figure.because}" for row in reproduction.rows if row.figure.because)
    conflicts = (f"conflict, {name}: {text}" for name, text in reproduction.conflicts.items())
    return (_outcome(reproduction), *_terms(reproduction), *counts, *reasons, *conflicts)


def _outcome(reproduction: Reproduction) -> str:
    published = [row for row in reproduction.rows if row.figure.tag != "derived"]
    closures = len(reproduction.rows) - len(published)
    untried = reproduction.count("untried")
    told = f"{reproduction.count('reached')} of {len(published)} published figures reached"
    told += f", {untried} not tried" if untried else ""
    return told + (f"; {reproduction.count('reached', derived=True)} of {closures} derived ones" if closures else "")


def _terms(reproduction: Reproduction) -> tuple[str, ...]:
    """Tell conditions and baseline once for all figures that share them."""
    shared: dict[str, list[str]] = {}
    for row in reproduction.rows:
        if row.ours is not None and row.figure.tag != "derived":
            shared.setdefault(row.conditions, []).append(row.figure.id)
    return tuple(f"{', '.join(names)} with {conditions}" for conditions, names in shared.items())


def _line(row: Row) -> tuple[str, ...]:
    figure = row.figure
    low = "" if figure.low is None else f"{_quantity(figure.low, figure.unit)} to "
    limit = {"equal": "", "at_most": "at most ", "at_least": "at least "}[figure.bound]
    return (
        figure.id,
        figure.says,
        f"{limit}{low}{_quantity(figure.value, figure.unit)}",
        "" if row.ours is None else _quantity(row.ours, figure.unit),
        "" if row.error_fraction is None else error(row.error_fraction),
        row.status,
        str(row.fitted),
        row.conditions,
    )


def number(value: float) -> str:
    """Write counts in full and other numbers with three digits."""
    return f"{value:,.0f}" if value.is_integer() and abs(value) < MOST_IN_FULL else f"{value:.3g}"


def _quantity(value: float, unit: str) -> str:
    """Write a value with the prefix that puts it between 1 and 1000; ratios and counts without any."""
    if unit == "1" or value == 0:
        return number(value)
    # Rounded first: 999.96 n is written as 1 u.
    # The prefix of a square is squared too: 330e-6 m2 are 330 mm2.
    step = 6 if unit == "m2" else 3
    power = min(max(math.floor(math.log10(float(f"{abs(value):.2e}")) / step), -5), 5)
    return f"{number(value / 10.0 ** (step * power))} {'fpnum kMGTP'[power + 5].strip()}{unit}"


def error(fraction: float) -> str:
    """Write an error as a percentage, or as a factor where it is large."""
    if fraction == 0:
        return "exact"
    return f"x{1 + fraction:.3g}" if fraction > LARGEST_ERROR_FRACTION else f"{fraction:+.1%}"
