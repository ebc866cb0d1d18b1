"""Laws fitted to B. Murmann's converter survey: what the best, a good and the median published chip take.

`tools/fit_adc.py` fits them and writes adc_survey.json: coefficients, their bootstrap spread, residuals and filters,
[computed]. `docs/costs/adc.md` shows them over the chips.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias, final

import numpy as np

from bitline.hardware.converter import SurveyLevel

Levels: TypeAlias = tuple[float, float, float]
"""Best, typical, pessimistic: quantiles of 10, 25 and 50 % of the published chips."""
QUANTILES: dict[SurveyLevel, str] = {"best": "10", "typical": "25", "pessimistic": "50"}
FEWEST_BITS, MOST_BITS, LARGEST_NM = 3.5, 11.0, 65.0
"""Range of effective bits and nodes of the chips that the laws are fitted to."""
REFERENCE_BITS, REFERENCE_NM = 8.0, 28.0


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """One quantile: a product of powers; every number may be an array."""

    at_reference: float
    """At 8 effective bits, 28 nm and an unhurried rate."""
    per_bit: float
    node_exponent: float
    rate_exponent: float

    def at(self, effective_bits: float, node_nm: float, hurry: float) -> float:
        """Read the law off; `hurry` is the rate over the one up to which speed costs nothing."""
        bits: float = self.per_bit ** (effective_bits - REFERENCE_BITS)
        node: float = (node_nm / REFERENCE_NM) ** self.node_exponent
        speed: float = np.maximum(1.0, hurry) ** self.rate_exponent
        return self.at_reference * bits * node * speed


@cache
def table() -> dict[str, Any]:
    """Everything the fit wrote."""
    text = files("bitline.costs").joinpath("adc_survey.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def laws(quantity: str, chips: str = "sar") -> tuple[Law, ...]:
    """Best, typical and pessimistic law of `energy_j` or `area_m2`, of one set of chips."""
    written = table()[quantity][chips]["quantiles"].values()
    names = Law.__dataclass_fields__
    return tuple(Law(**{name: one[name] for name in names}) for one in written)


def energies_j(effective_bits: float, node_nm: float, hurry: float) -> Levels:
    """Joule per conversion of SAR chips."""
    return _in_order(*(law.at(effective_bits, node_nm, hurry) for law in laws("energy_j")))


def areas_m2(effective_bits: float, node_nm: float) -> Levels:
    """Square metres of a SAR converter that stands alone on its chip."""
    return _in_order(*(law.at(effective_bits, node_nm, 1.0) for law in laws("area_m2")))


def _in_order(first: float, second: float, third: float) -> Levels:
    """Sort, because quantiles that were fitted one by one cross far out (Chernozhukov et al., 2010)."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    return np.minimum(low, third), np.maximum(low, np.minimum(high, third)), np.maximum(high, third)
