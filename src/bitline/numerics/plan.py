"""Which plan computes a layer, and the sentence that says why; decided from the description alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.errors import ConfigError, not_one_of
from bitline.hardware import Analog, Arithmetic
from bitline.numerics.conversion import resolves

PlanName = Literal["auto", "fold", "lossless", "exact", "statistical"]
PLANS = ("auto", "fold", "lossless", "exact", "statistical")


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """A plan and its reason."""

    plan: PlanName
    why: str


def choose(arithmetic: Analog, k: int, wanted: PlanName = "auto") -> Choice:
    """Take the cheapest plan that is provably exact for `k` inputs, or the one asked for if it is sound."""
    if wanted not in PLANS:
        raise not_one_of("plan", wanted, PLANS)
    fresh = _fresh(arithmetic)
    strays = arithmetic.cell.programming_noise is not None
    ideal_adc = arithmetic.adc.bits is None or arithmetic.adc.kind == "ideal"
    lossless = not fresh and not strays and resolves(arithmetic, k)
    folds = not fresh and ideal_adc
    if wanted == "auto":
        return _cheapest(lossless, folds)
    if wanted == "lossless" and not lossless:
        raise ConfigError(
            "plan = 'lossless' is not exact here: cells stray or the converter has too few codes for "
            f"the sums of {min(k, arithmetic.array.rows_at_once)} rows. Allowed: exact, statistical, auto."
        )
    if wanted == "fold" and not folds:
        raise ConfigError(
            "plan = 'fold' is not exact here: converters and fresh read noise do not fold into "
            "weights. Allowed: exact, statistical, auto."
        )
    return Choice(wanted, "asked for")


def is_random(arithmetic: Arithmetic, plan: PlanName = "auto") -> bool:
    """Say whether two chips of this description, or two seeds, differ."""
    if not isinstance(arithmetic, Analog):
        return False
    return _fresh(arithmetic) or arithmetic.cell.programming_noise is not None or plan == "statistical"


def _fresh(arithmetic: Analog) -> bool:
    return arithmetic.cell.read_noise is not None or arithmetic.output_noise_fraction > 0


def _cheapest(lossless: bool, folds: bool) -> Choice:
    if lossless:
        return Choice("lossless", "cells are ideal and the converter has a code for every possible sum")
    if folds:
        return Choice("fold", "nothing but the cells' programming error: linear, so it folds into the weights")
    return Choice("exact", "conversions lose information or reads are noisy: every one is simulated")
