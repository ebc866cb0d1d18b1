"""Laws of the converter survey: the data give them again, they agree with the fact sheet, quantiles stay in order."""

from __future__ import annotations

import importlib
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.costs import adc_survey

ROOT = Path(__file__).resolve().parents[2]
SHEET = {  # J at 8 bit, 28 nm; per bit; exponents of node and rate; SAR, 120 chips [computed]
    "10": (0.695e-12, 1.96, 0.39, 0.53),
    "25": (1.63e-12, 1.70, 0.40, 0.36),
    "50": (5.26e-12, 1.44, 0.44, 0.19),
}
SHEET_ANY = (0.81e-12, 1.88, 0.57, 0.47)  # any Nyquist converter, 193 chips, 10 % [computed]
COEFFICIENTS = ("at_reference", "per_bit", "node_exponent", "rate_exponent")


@pytest.fixture
def tools(monkeypatch):
    """The fitting tool, found as it is when it is run."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("fit_adc")


@pytest.fixture
def survey(tools, shared):
    return tools.read_survey(shared / "data" / "adc_survey" / "adc_survey_1997_2025.csv")


def test_the_data_give_the_committed_laws_again(tools, survey):
    found, committed = tools.fit(survey, resamples=0), adc_survey.table()
    for quantity in ("energy_j", "area_m2"):
        assert set(found[quantity]) == set(committed[quantity])
        for name, chips in found[quantity].items():
            assert chips["chips"] == committed[quantity][name]["chips"]
            for quantile, law in chips["quantiles"].items():
                kept = committed[quantity][name]["quantiles"][quantile]
                assert [law[c] for c in COEFFICIENTS] == pytest.approx([kept[c] for c in COEFFICIENTS], rel=1e-4)
                assert law["log_residuals"] == pytest.approx(kept["log_residuals"], rel=1e-3, abs=1e-3)
    assert found["beyond"] == committed["beyond"]


def test_a_regression_finds_the_quantiles_of_a_known_law(tools):
    chance = np.random.default_rng(0)
    bits = chance.uniform(-4, 3, 4000)
    values = 1.0 + 0.5 * bits + chance.exponential(1.0, 4000)
    terms = np.column_stack([np.ones(4000), bits])[:800]
    for quantile in (0.1, 0.25, 0.5):
        found = tools.quantile_regression(terms, values[:800], quantile)
        assert found == pytest.approx([1.0 - math.log(1 - quantile), 0.5], abs=0.1)


def test_laws_are_those_of_the_fact_sheet():
    chips = adc_survey.table()["energy_j"]
    assert (chips["sar"]["chips"], chips["nyquist"]["chips"]) == (120, 193)
    for quantile, expected in SHEET.items():
        law = chips["sar"]["quantiles"][quantile]
        assert [law[c] for c in COEFFICIENTS] == pytest.approx(expected, rel=0.02)
    law = chips["nyquist"]["quantiles"]["10"]
    assert [law[c] for c in COEFFICIENTS] == pytest.approx(SHEET_ANY, rel=0.02)


def test_oversampled_chips_change_the_laws_within_their_spread():
    every, nyquist = (adc_survey.table()["energy_j"][name]["quantiles"] for name in ("sar", "sar-nyquist"))
    for quantile in ("10", "25", "50"):
        apart = abs(math.log(every[quantile]["at_reference"] / nyquist[quantile]["at_reference"]))
        spread = max(one[quantile]["bootstrap"]["ln_at_reference"] for one in (every, nyquist))
        assert apart < 1.2 * spread


@pytest.mark.parametrize("quantity", ["energy_j", "area_m2"])
def test_held_out_chips_lie_below_as_often_as_they_should(quantity):
    for chips in adc_survey.table()[quantity].values():
        for quantile, law in chips["quantiles"].items():
            share = float(quantile) / 100
            assert abs(law["held_out_below"] - share) < 2 * math.sqrt(share * (1 - share) / chips["chips"])


def test_chips_beyond_the_range_lie_below_as_often_as_they_should():
    for chips in adc_survey.table()["beyond"].values():
        for quantile, below in chips["below"].items():
            share = float(quantile) / 100
            assert abs(below - share) < 3 * math.sqrt(share * (1 - share) / chips["chips"])


@given(
    bits=st.floats(min_value=0.3, max_value=15),
    node_nm=st.floats(min_value=3, max_value=130),
    hurry=st.floats(min_value=1e-3, max_value=1e3),
)
def test_quantiles_never_cross(bits, node_nm, hurry):
    best, typical, pessimistic = adc_survey.energies_j(bits, node_nm, hurry)
    assert 0 < best <= typical <= pessimistic
    best, typical, pessimistic = adc_survey.areas_m2(bits, node_nm)
    assert 0 < best <= typical <= pessimistic


def test_fitted_quantiles_do_not_cross_where_chips_are():
    for node_nm in (7.0, 65.0):
        for bits in (3.5, 9.0):
            energies = [law.at(bits, node_nm, 1.0) for law in adc_survey.laws("energy_j")]
            areas = [law.at(bits, node_nm, 1.0) for law in adc_survey.laws("area_m2")]
            assert energies == sorted(energies)
            assert areas == sorted(areas)
