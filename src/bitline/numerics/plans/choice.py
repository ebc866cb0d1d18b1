"""Which plan computes a layer, and the sentence that says why; decided from the description alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.errors import ConfigError, not_one_of
from bitline.hardware import Adc, Analog, Arithmetic, Integer
from bitline.numerics.behind_wires import folds as folds_wires
from bitline.numerics.behind_wires import has_wires
from bitline.numerics.conversion import conversion, resolves
from bitline.numerics.devices import NEW, Age, is_ideal
from bitline.numerics.read_noise import noisy

PlanName = Literal["auto", "fold", "lossless", "exact", "statistical"]
PLANS = ("auto", "fold", "lossless", "exact", "statistical")


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """A plan and its reason."""

    plan: PlanName
    why: str


def choose(arithmetic: Analog, k: int, wanted: PlanName = "auto", age: Age = NEW) -> Choice:
    """Take the cheapest plan that is provably exact for `k` inputs, or the one asked for if it is sound."""
    if wanted not in PLANS:
        raise not_one_of("plan", wanted, PLANS)
    perfect = not noisy(arithmetic) and is_ideal(arithmetic.cell, age) and not has_wires(arithmetic)
    narrow = arithmetic.correction.accumulator_bits is not None
    whole = not narrow and arithmetic.weight.scale != "block"
    lossless = perfect and whole and resolves(arithmetic, k)
    folds = conversion(arithmetic, 1) is None and linear(arithmetic)
    if wanted == "auto":
        return _cheapest(lossless, folds)
    if wanted == "lossless" and not lossless:
        raise ConfigError(
            "plan = 'lossless' is not exact here: cells stray, blocks have scales or accumulators limits of their own, "
            f"or the converter has too few codes for the sums of {min(k, arithmetic.array.rows_at_once)} rows. "
            "Allowed: exact, statistical, auto."
        )
    if wanted == "fold" and not folds:
        raise ConfigError(
            "plan = 'fold' is not exact here: what converters cut off, or curved cells do, does not fold into weights. "
            "Allowed: exact, statistical, auto."
        )
    if wanted == "statistical" and not linear(arithmetic):
        raise ConfigError(
            "plan = 'statistical' has no product to start from here: cells behind the wires are curved or gated. "
            "Allowed: exact, auto."
        )
    if wanted == "statistical" and narrow:
        raise ConfigError(
            "plan = 'statistical' knows no accumulator of limited width, but correction.accumulator_bits = "
            f"{arithmetic.correction.accumulator_bits}. Allowed: exact, auto."
        )
    return Choice(wanted, "asked for")


def linear(arithmetic: Analog) -> bool:
    """Say whether bitline sums are linear in the inputs."""
    return not has_wires(arithmetic) or folds_wires(arithmetic)


def is_random(arithmetic: Arithmetic, plan: PlanName = "auto") -> bool:
    """Say whether two chips of this description, or two seeds, differ."""
    if isinstance(arithmetic, Integer):
        return arithmetic.storage.flipped_fraction > 0.0
    if not isinstance(arithmetic, Analog):
        return False
    cells = noisy(arithmetic) or not is_ideal(arithmetic.cell, NEW)
    return cells or _differ(arithmetic.adc) or arithmetic.storage.flipped_fraction > 0.0 or plan == "statistical"


def _differ(adc: Adc) -> bool:
    """Say whether no two converters are alike."""
    spreads = (adc.gain_spread_fraction, adc.offset_spread_codes, adc.capacitor_spread_fraction, *adc.inl_spread_codes)
    return adc.bits is not None and adc.kind != "ideal" and any(spreads)


def _cheapest(lossless: bool, folds: bool) -> Choice:
    if lossless:
        return Choice("lossless", "cells are ideal and the converter has a code for every possible sum")
    if folds:
        return Choice(
            "fold", "no converter cuts anything: what cells and wires do is linear and folds into the weights"
        )
    return Choice("exact", "conversions lose information or reads are noisy: every one is simulated")
