from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.report.units import PREFIXES, area, count, duration, many, quantity, seconds, share, span


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (1.234e-3, "J", "1.23 mJ"),
        (999.96e-6, "s", "1.00 ms"),
        (999.4e-6, "s", "999 µs"),
        (0.0, "W", "0 W"),
        (131e12, "OPS", "131 TOPS"),
        (-2.5e-9, "J", "-2.50 nJ"),
        (math.inf, "s", "∞ s"),
        (5e-24, "J", "0.000 aJ"),
    ],
)
def test_quantity(value, unit, written):
    assert quantity(value, unit) == written


@given(st.floats(1e-17, 1e20))
def test_quantity_reads_back_within_half_a_percent(value):
    number, rest = quantity(value, "J").split(" ")
    power = next(power for power, prefix in PREFIXES.items() if f"{prefix}J" == rest)
    assert float(number.replace(",", "")) * 10.0**power == pytest.approx(value, rel=0.0051)
    assert float(number.replace(",", "")) < 1000 or power == 18


def test_times_areas_counts_and_shares():
    assert [duration(s) for s in (1e-5, 90, 600, 7200 * 2, 3e6, 1e9)] == [
        "10.0 µs", "90.0 s", "10.0 minutes", "4.00 hours", "34.7 days", "31.7 years",
    ]  # fmt: skip
    assert [area(m2) for m2 in (56.3e-6, 2e-10, 0.0)] == ["56.3 mm²", "200 µm²", "0 mm²"]
    assert [count(n) for n in (640, 81920, 6.738e9, 1.5e6)] == ["640", "81,920", "6.74 billion", "1.50 million"]
    assert [share(f) for f in (0.4, 0.0123, 0.0001, 0.0, 1.0)] == ["40%", "1.2%", "<0.1%", "0.0%", "100%"]
    assert span(65e-6, 477e-6, "J") == "65.0–477 µJ"
    assert span(161e-6, 1.12e-3, "J") == "0.161–1.12 mJ"


def test_few_of_something_have_no_prefix():
    assert [many(value, "tokens") for value in (0.0, 0.52, 0.0123, 1.0, 126.4, 2910)] == [
        "0 tokens", "0.52 tokens", "0.0123 tokens", "1.00 tokens", "126 tokens", "2.91 ktokens",
    ]  # fmt: skip


def test_seconds_are_never_kiloseconds():
    assert [seconds(value) for value in (0.0105, 455, 999.4, 999.6, 4300)] == [
        "10.5 ms", "455 s", "999 s", "16.7 minutes", "71.7 minutes",
    ]  # fmt: skip
