"""The converter survey as arrays, and quantile regression on it."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

DECIBEL_PER_BIT, DECIBEL_OF_ROUNDING = 6.0206, 1.761
FEWEST_BITS, MOST_BITS, LARGEST_NM = 3.5, 11.0, 65.0
"""Range of the fits: outside it chips are few, or of another age."""
REFERENCE_BITS, REFERENCE_NM, UNHURRIED_HZ = 8.0, 28.0, 100e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Chips; nan where the survey says nothing. Rates are Nyquist rates, energies per Nyquist sample."""

    architecture: tuple[str, ...]
    node_nm: Floats
    effective_bits: Floats
    rate_hz: Floats
    energy_j: Floats
    area_m2: Floats
    oversampled: Mask

    @property
    def in_range(self) -> Mask:
        """Chips that the fits use."""
        bits = (self.effective_bits > FEWEST_BITS) & (self.effective_bits < MOST_BITS)
        return bits & (self.node_nm <= LARGEST_NM) & np.isfinite(self.energy_j)

    def named(self, pattern: str) -> Mask:
        """Chips whose architecture matches."""
        return np.array([re.search(pattern, one, re.IGNORECASE) is not None for one in self.architecture])

    def energy_terms(self, chosen: Mask) -> Floats:
        """Columns of the regression: constant, bits, ln node, ln of the rate above 100 MHz."""
        hurry = np.log(np.maximum(1.0, self.rate_hz[chosen] / UNHURRIED_HZ))
        return np.column_stack([self.area_terms(chosen), hurry])

    def area_terms(self, chosen: Mask) -> Floats:
        """Columns of the regression: constant, bits, ln node."""
        bits = self.effective_bits[chosen] - REFERENCE_BITS
        return np.column_stack([np.ones(bits.size), bits, np.log(self.node_nm[chosen] / REFERENCE_NM)])


def read_survey(file: Path) -> Survey:
    """Read the survey as one CSV of its sheets."""
    with file.open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))

    def column(name: str) -> Floats:
        return np.array([_number(row[name]) for row in rows])

    return Survey(
        architecture=tuple(row["ARCHITECTURE"] for row in rows),
        node_nm=column("TECHNOLOGY") * 1e3,
        effective_bits=(column("SNDR_plot [dB]") - DECIBEL_OF_ROUNDING) / DECIBEL_PER_BIT,
        rate_hz=column("fsnyq [Hz]"),
        energy_j=column("P/fsnyq [pJ]") * 1e-12,
        area_m2=column("AREA [mm^2]") * 1e-6,
        oversampled=np.array([row["TYPE"] != "NQ" for row in rows]),
    )


def quantile_regression(terms: Floats, values: Floats, quantile: float) -> Floats:
    """Find the coefficients that leave this share of the values below: a linear programme (Koenker and Bassett)."""
    chips, coefficients = terms.shape
    costs = np.concatenate([np.zeros(coefficients), np.full(chips, quantile), np.full(chips, 1.0 - quantile)])
    misses = np.eye(chips)
    bounds = [(None, None)] * coefficients + [(0.0, None)] * (2 * chips)
    found = linprog(costs, A_eq=np.hstack([terms, misses, -misses]), b_eq=values, bounds=bounds, method="highs")
    return np.asarray(found.x[:coefficients])


def bootstrap_spread(terms: Floats, values: Floats, quantile: float, *, resamples: int, seed: int) -> Floats:
    """Give the standard deviation of each coefficient over chips drawn again with replacement."""
    chance = np.random.default_rng(seed)
    drawn = [chance.integers(0, values.size, values.size) for _ in range(resamples)]
    return np.std([quantile_regression(terms[one], values[one], quantile) for one in drawn], axis=0, ddof=1)


def held_out_below(terms: Floats, values: Floats, quantile: float, *, folds: int, seed: int) -> float:
    """Share of chips below the quantile that was fitted to the chips of the other folds."""
    fold = np.random.default_rng(seed).permutation(values.size) % folds
    below = np.zeros(values.size, dtype=bool)
    for one in range(folds):
        kept, out = fold != one, fold == one
        below[out] = values[out] < terms[out] @ quantile_regression(terms[kept], values[kept], quantile)
    return float(below.mean())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
