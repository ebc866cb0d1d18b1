"""SI numbers as people say them: 1.23 mJ, 56.3 mm², 2.1 years."""

from __future__ import annotations

import math

PREFIXES = {
    -18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E",
}  # fmt: skip
LONG_S = 999.5
"""From here on a thousand seconds would be written as kiloseconds."""
MINUTE_S = 60.0
HOUR_S = 3600.0
DAY_S = 86400.0
YEAR_S = 365.25 * DAY_S


def quantity(value: float, unit: str) -> str:
    """Write a number with three digits and the prefix that puts it between 1 and 1000."""
    if value == 0 or not math.isfinite(value):
        return f"{'∞' if value == math.inf else format(value, 'g')} {unit}"
    power = prefix_power(value)
    return f"{_three_digits(value / 10.0**power)} {PREFIXES[power]}{unit}"


def many(value: float, things: str) -> str:
    """Write how many of something, below one without a prefix: 2.91 ktokens, 0.52 tokens."""
    return f"{value:.3g} {things}" if 0 < value < 1 else quantity(value, things)


def prefix_power(value: float) -> int:
    """Give the power of ten, a multiple of three, that a number is written with."""
    if value == 0 or not math.isfinite(value):
        return 0
    # Rounded first: 999.96 is written as 1.00 k.
    rounded = float(f"{abs(value):.2e}")
    power = 3 * math.floor(math.log10(rounded) / 3)
    return min(max(power, min(PREFIXES)), max(PREFIXES))


def span(low: float, high: float, unit: str) -> str:
    """Write a range, both ends with the prefix of the upper one."""
    power = prefix_power(high)
    return f"{_three_digits(low / 10.0**power)}–{_three_digits(high / 10.0**power)} {PREFIXES[power]}{unit}"


def duration(time_s: float) -> str:
    """Write a time; from two minutes on in minutes, hours, days or years."""
    if not math.isfinite(time_s) or time_s < 2 * MINUTE_S:
        return quantity(time_s, "s")
    for name, one_s in (("years", YEAR_S), ("days", DAY_S), ("hours", HOUR_S)):
        if time_s >= 2 * one_s:
            return f"{_three_digits(time_s / one_s)} {name}"
    return f"{_three_digits(time_s / MINUTE_S)} minutes"


def seconds(time_s: float) -> str:
    """Write a time in seconds below a thousand, so that a column can be compared at a glance."""
    return quantity(time_s, "s") if time_s < LONG_S else duration(time_s)


def area(area_m2: float) -> str:
    """Write an area in mm², or in µm² where it is very small."""
    if 0 < area_m2 < 1e-9:
        return f"{_three_digits(area_m2 * 1e12)} µm²"
    return f"{_three_digits(area_m2 * 1e6)} mm²"


def count(number: float) -> str:
    """Write a count in full up to a million, then with three digits: 640, 81,920, 6.74 billion."""
    for name, size in (("trillion", 1e12), ("billion", 1e9), ("million", 1e6)):
        if abs(number) >= size:
            return f"{_three_digits(number / size)} {name}"
    return f"{number:,.0f}"


def share(value_fraction: float) -> str:
    """Write a share of one in percent, with two digits below ten."""
    percent = 100.0 * value_fraction
    if 0 < abs(percent) < 0.1:
        return "<0.1%"
    return f"{percent:.1f}%" if abs(percent) < 10 else f"{percent:.0f}%"


def _three_digits(value: float) -> str:
    """Write three significant digits without an exponent; more where a whole number has more."""
    rounded = float(f"{value:.2e}") if abs(value) < 1000 else value
    if rounded == 0:
        return "0"
    decimals = min(max(0, 2 - math.floor(math.log10(abs(rounded)))), 3)
    return f"{rounded:,.{decimals}f}"
