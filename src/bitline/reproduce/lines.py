"""A reproduction as rows of text, for whoever prints a table."""

from __future__ import annotations

import math

from bitline.reproduce.reproduction import Reproduction, Row

COLUMNS = ("figure", "what", "published", "ours", "error", "status", "fitted", "conditions")
"""Headings of `lines`."""
LARGEST_ERROR_FRACTION = 9.995
"""Beyond it an error is told as a factor."""
MOST_IN_FULL = 1e9
THOUSAND, MILLION = 1e3, 1e6
"""Between them three digits are written with zeros: 3,510."""
PER = "1/"
"""How units of rates begin."""


def lines(reproduction: Reproduction) -> tuple[tuple[str, ...], ...]:
    """Give one row of text for each figure, as many cells as `COLUMNS`."""
    return tuple(_line(row) for row in reproduction.rows)


def remarks(reproduction: Reproduction) -> tuple[str, ...]:
    """Tell how many figures are reached, on what terms, on which numbers, why others are not, and all conflicts."""
    counts = (
        f"{chip}: {tally.stated} numbers stated, {tally.assumed} assumed, {tally.fitted} fitted"
        for chip, tally in reproduction.parameters.items()
    )
    conflicts = (f"conflict, {name}: {text}" for name, text in reproduction.conflicts.items())
    return (_outcome(reproduction), *_terms(reproduction), *counts, *_reasons(reproduction), *conflicts)


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
        if row.ours is not None and row.figure.tag != "derived" and row.conditions:
            shared.setdefault(row.conditions, []).append(row.figure.id)
    return tuple(f"{', '.join(names)} with {conditions}" for conditions, names in shared.items())


def _reasons(reproduction: Reproduction) -> tuple[str, ...]:
    """Tell once for all figures why they are missed or were not tried."""
    shared: dict[tuple[str, str], list[str]] = {}
    for row in reproduction.rows:
        if row.figure.because:
            shared.setdefault((row.status, row.figure.because), []).append(row.figure.id)
    return tuple(f"{', '.join(names)} {status}: {because}" for (status, because), names in shared.items())


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
    if value.is_integer() and abs(value) < MOST_IN_FULL:
        return f"{value:,.0f}"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if THOUSAND <= abs(rounded) < MILLION else f"{rounded:.3g}"


def _quantity(value: float, unit: str) -> str:
    """Write a value with the prefix that puts it between 1 and 1000; ratios, counts and rates without any."""
    if unit == "1" or value == 0:
        return number(value)
    if unit.startswith(PER):
        return f"{number(value)} per {unit.removeprefix(PER)}"
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
