"""Fit energy and area of converters to B. Murmann's ADC survey, and write the laws that `bitline.costs.adc` reads.

Run:    python tools/fit_adc.py SURVEY.csv [--into FILE] [--resamples N]

SURVEY.csv is adc_survey_1997_2025.csv: the sheets ISSCC and VLSI of the survey, one row per chip. Quantile regression
of ln(energy per Nyquist sample) on effective bits, ln(node) and ln(max(1, rate / 100 MHz)), and of ln(area) on bits and
ln(node). The same file comes out every time, its date apart. Takes a minute.
"""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
from converter_survey import (
    Floats,
    Mask,
    Survey,
    bootstrap_spread,
    held_out_below,
    quantile_regression,
    read_survey,
)

FILE = Path(__file__).resolve().parents[1] / "src" / "bitline" / "costs" / "adc_survey.json"
SOURCE = "B. Murmann, ADC Performance Survey 1997-2025, github.com/bmurmann/ADC-survey, commit ddf3c1b (2025-06-09)"
QUANTILES = (0.10, 0.25, 0.50)
SPREADS = (0.05, 0.25, 0.50, 0.75, 0.95)
SEED, RESAMPLES, FOLDS = 1, 200, 10
DIGITS = 6
RANGE = "3.5 to 11 effective bits, 65 nm and below"
ENERGY_SETS = {
    "sar": f"SAR in the architecture; {RANGE}",
    "sar-nyquist": f"SAR in the architecture, not oversampled; {RANGE}",
    "nyquist": f"any architecture, not oversampled; {RANGE}",
}
AREA_SETS = {
    "sar": f"SAR in the architecture, not oversampled, not time-interleaved; {RANGE}",
    "sar-interleaved-too": f"SAR in the architecture, not oversampled; {RANGE}",
    "nyquist": f"any architecture, not oversampled, not time-interleaved; {RANGE}",
}
BEYOND = {
    "above 65 nm": "SAR in the architecture; 3.5 to 11 effective bits; above 65 nm to 130 nm",
    "above 11 bits": "SAR in the architecture, not oversampled; 11 to 13.5 effective bits; 65 nm and below",
}


def main() -> None:
    """Fit, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("survey", type=Path)
    parser.add_argument("--into", type=Path, default=FILE)
    parser.add_argument("--resamples", type=int, default=RESAMPLES)
    asked = parser.parse_args()
    fitted = fit(read_survey(asked.survey), resamples=asked.resamples)
    whole = {"source": SOURCE, "fitted_on": datetime.date.today().isoformat(), **fitted}
    asked.into.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    print(asked.into)


def fit(survey: Survey, *, resamples: int) -> dict[str, Any]:
    """Fit all sets; without resamples there are no spreads and no held-out shares."""
    energies, areas = energy_masks(survey), area_masks(survey)
    energy = {
        name: _laws(survey.energy_terms(chosen), np.log(survey.energy_j[chosen]), ENERGY_SETS[name], resamples)
        for name, chosen in energies.items()
    }
    area = {
        name: _laws(survey.area_terms(chosen), np.log(survey.area_m2[chosen]), AREA_SETS[name], resamples)
        for name, chosen in areas.items()
    }
    return {
        "method": "quantile regression of the logarithm; value = at_reference * per_bit^(effective bits - 8)"
        " * (node / 28 nm)^node_exponent * max(1, rate / 100 MHz)^rate_exponent",
        "seed": SEED,
        "resamples": resamples,
        "folds": FOLDS,
        "energy_j": energy,
        "area_m2": area,
        "rate_in_area": _rate_in_area(survey, areas["sar"], resamples) if resamples else {},
        "beyond": _beyond(survey, energy["sar"]),
    }


def energy_masks(survey: Survey) -> dict[str, Mask]:
    """Chips of each set that energy is fitted to."""
    sar, inside = survey.named("SAR"), survey.in_range
    return {
        "sar": inside & sar,
        "sar-nyquist": inside & sar & ~survey.oversampled,
        "nyquist": inside & ~survey.oversampled,
    }


def area_masks(survey: Survey) -> dict[str, Mask]:
    """Chips of each set that area is fitted to: a time-interleaved chip is many converters."""
    inside = survey.in_range & ~survey.oversampled & np.isfinite(survey.area_m2)
    sar, alone = survey.named("SAR"), ~survey.named(r"\bTI\b")
    return {"sar": inside & sar & alone, "sar-interleaved-too": inside & sar, "nyquist": inside & alone}


def _laws(terms: Floats, values: Floats, filtered: str, resamples: int) -> dict[str, Any]:
    laws = {f"{round(100 * one)}": _law(terms, values, one, resamples) for one in QUANTILES}
    return {"chips": int(values.size), "filter": filtered, "quantiles": laws}


def _law(terms: Floats, values: Floats, quantile: float, resamples: int) -> dict[str, Any]:
    found = quantile_regression(terms, values, quantile)
    law: dict[str, Any] = _coefficients(found)
    missed = np.quantile(values - terms @ found, SPREADS)
    law["log_residuals"] = {f"{round(100 * q)}": round(float(one), 4) for q, one in zip(SPREADS, missed, strict=True)}
    if resamples:
        spread = bootstrap_spread(terms, values, quantile, resamples=resamples, seed=SEED)
        names = ("ln_at_reference", "ln_per_bit", "node_exponent", "rate_exponent")
        law["bootstrap"] = {name: _rounded(one) for name, one in zip(names, spread, strict=False)}
        law["held_out_below"] = _rounded(held_out_below(terms, values, quantile, folds=FOLDS, seed=SEED))
    return law


def _coefficients(found: Floats) -> dict[str, float]:
    return {
        "at_reference": _rounded(np.exp(found[0])),
        "per_bit": _rounded(np.exp(found[1])),
        "node_exponent": _rounded(found[2]),
        "rate_exponent": _rounded(found[3]) if found.size > 3 else 0.0,
    }


def _rate_in_area(survey: Survey, chosen: Mask, resamples: int) -> dict[str, Any]:
    """Exponent that the rate would have in the area of one converter, and its spread: why the law has none."""
    terms, values = survey.energy_terms(chosen), np.log(survey.area_m2[chosen])
    return {
        f"{round(100 * one)}": [
            _rounded(quantile_regression(terms, values, one)[3]),
            _rounded(bootstrap_spread(terms, values, one, resamples=resamples, seed=SEED)[3]),
        ]
        for one in QUANTILES
    }


def _beyond(survey: Survey, laws: dict[str, Any]) -> dict[str, Any]:
    """Shares of chips below each quantile where the laws are carried on beyond their range."""
    sar, bits, node = survey.named("SAR"), survey.effective_bits, survey.node_nm
    known = np.isfinite(survey.energy_j) & np.isfinite(survey.rate_hz)
    masks = {
        "above 65 nm": known & sar & (bits > 3.5) & (bits < 11) & (node > 65) & (node <= 130),
        "above 11 bits": known & sar & ~survey.oversampled & (bits >= 11) & (bits < 13.5) & (node <= 65),
    }
    found = {}
    for name, chosen in masks.items():
        terms, values = survey.energy_terms(chosen), np.log(survey.energy_j[chosen])
        below = {}
        for quantile, law in laws["quantiles"].items():
            at, per_bit = np.log(law["at_reference"]), np.log(law["per_bit"])
            predicted = terms @ np.array([at, per_bit, law["node_exponent"], law["rate_exponent"]])
            below[quantile] = _rounded(np.mean(values < predicted))
        found[name] = {"chips": int(chosen.sum()), "filter": BEYOND[name], "below": below}
    return found


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


if __name__ == "__main__":
    main()
