"""Converters against the survey they were fitted to, and what a few more bits must do."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.costs import adc
from bitline.hardware import Adc, Technology

AT_28 = Technology(node_nm=28)


@pytest.mark.parametrize(
    ("node_nm", "bits", "low", "typical", "high"),
    [(28, 4, 0.047, 0.195, 1.22), (28, 8, 0.70, 1.63, 5.3), (28, 10, 2.7, 4.7, 10.9), (7, 8, 0.41, 0.94, 2.9)],
)
def test_the_curves_pass_through_the_published_samples(
    node_nm: float, bits: int, low: float, typical: float, high: float
) -> None:
    figure = adc.conversion_energy(Adc(bits=bits, effective_bits=bits), Technology(node_nm=node_nm))
    assert [figure.low, figure.typical, figure.high] == pytest.approx(
        [low * 1e-12, typical * 1e-12, high * 1e-12], rel=0.03
    )


@given(bits=st.integers(1, 15), node=st.floats(5, 130), rate=st.floats(1e6, 5e9))
def test_more_bits_never_cost_less(bits: int, node: float, rate: float) -> None:
    few, many = (Adc(bits=b, rate_hz=rate) for b in (bits, bits + 1))
    technology = Technology(node_nm=node)
    assert adc.conversion_energy(few, technology).typical < adc.conversion_energy(many, technology).typical
    assert adc.area(few, technology).typical < adc.area(many, technology).typical


def test_faster_converters_cost_more_only_beyond_100_ms_per_s() -> None:
    slow, usual, fast = (adc.conversion_energy(Adc(bits=8, rate_hz=r), AT_28).typical for r in (1e6, 1e8, 1e9))
    assert slow == usual
    assert fast == pytest.approx(usual * 10**0.36)


def test_stated_values_win() -> None:
    stated = Adc(bits=8, energy_per_conversion_j=1.5e-12, area_m2=1e-9, rate_hz=1.28e9, leakage_w=1e-6)
    figures = (
        adc.conversion_energy(stated, AT_28),
        adc.area(stated, AT_28),
        adc.conversion_time(stated),
        adc.leakage(stated),
    )
    assert [f.typical for f in figures] == [1.5e-12, 1e-9, 1 / 1.28e9, 1e-6]
    assert {f.origin for f in figures} == {"stated"}


def test_an_ideal_converter_is_free_and_says_so() -> None:
    for ideal in (Adc(), Adc(kind="ideal", bits=8)):
        assert adc.conversion_energy(ideal, AT_28).origin == "ideal"
        assert adc.conversion_time(ideal).typical == 0.0


def test_few_bits_and_other_kinds_are_called_extrapolated() -> None:
    assert (
        "extrapolated: flash taken as SAR, few bits" in adc.conversion_energy(Adc(kind="flash", bits=3), AT_28).source
    )


def test_the_quantiles_are_those_of_the_survey(shared: Path) -> None:
    below = {"low": 0, "typical": 0, "high": 0}
    chips = list(_chips(shared / "data" / "adc_survey" / "adc_survey_1997_2025.csv"))
    for node_nm, enob, rate_hz, energy_j in chips:
        figure = adc.conversion_energy(
            Adc(bits=round(enob), effective_bits=enob, rate_hz=rate_hz), Technology(node_nm=node_nm)
        )
        for name in below:
            below[name] += energy_j <= getattr(figure, name)
    assert len(chips) > 80
    shares = [below[name] / len(chips) for name in ("low", "typical", "high")]
    assert shares == pytest.approx([0.10, 0.25, 0.50], abs=0.06)


def _chips(path: Path):  # type: ignore[no-untyped-def]
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            try:
                node_nm = 1000 * float(row["TECHNOLOGY"])
                sndr = float(row["SNDR_hf [dB]"] or row["SNDR_lf [dB]"])
                rate_hz, energy_j = float(row["fsnyq [Hz]"]), 1e-12 * float(row["P/fsnyq [pJ]"])
            except ValueError:
                continue
            enob = (sndr - 1.761) / 6.0206
            if "SAR" in row["ARCHITECTURE"] and row["TYPE"] == "NQ" and 3 <= node_nm <= 65 and 3.5 < enob < 11:
                yield node_nm, enob, rate_hz, energy_j
