"""A result as one JSON object of plain numbers in SI units, for other programs.

The keys are kept from version to version; new ones may come. What is not a finite number is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bitline.hardware import facts, tally
from bitline.report.result import Result, cost_of, in_use_of, measured_of
from bitline.verbs.outcome import Estimate, PhaseCost

if TYPE_CHECKING:
    from bitline.verbs.run import Measured

SCHEMA = "bitline.result/1"

DERIVED = (
    "tokens_per_s", "decode_tokens_per_s", "energy_per_token_j", "tokens_per_j", "tokens_per_j_low",
    "tokens_per_j_high", "average_power_w", "leakage_fraction", "ops_per_s", "ops_per_j",
)  # fmt: skip
"""Of an estimate, besides its fields."""


def to_json(result: Result) -> str:
    """Write a result as JSON."""
    return json.dumps(exported(result), ensure_ascii=False, allow_nan=False, indent=2)


def exported(result: Result) -> dict[str, Any]:
    """Give a result as dictionaries, lists, words and numbers."""
    measured, in_use = measured_of(result), in_use_of(result)
    return {
        "schema": SCHEMA,
        "estimate": _estimate(cost_of(result)),
        "in_use": None if in_use is None else _in_use(in_use),
        "accuracy": None if measured is None else _accuracy(measured),
        "warnings": list(result.warnings),
    }


def plain(value: Any) -> Any:
    """Turn a value into what JSON knows: a dataclass or named tuple into its fields, an array into a list."""
    if isinstance(value, np.ndarray):
        return [plain(one) for one in value.tolist()]
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


def _estimate(cost: Estimate) -> dict[str, Any]:
    apart = ("phases", "figures", "description", "warnings")
    found = {field.name: plain(getattr(cost, field.name)) for field in fields(cost) if field.name not in apart}
    found |= {name: plain(getattr(cost, name)) for name in DERIVED}
    return found | {
        "phases": [_phase(phase) for phase in cost.phases],
        "prices": {name: plain(figure) for name, figure in cost.figures},
        "provenance": plain(tally(facts(cost.description))),
    }


def _in_use(cost: Estimate) -> dict[str, Any]:
    """Give what moves with the activity of data."""
    names = (
        "activity", "energy_j", "energy_low_j", "energy_high_j", "energy_per_token_j", "tokens_per_j",
        "tokens_per_j_low", "tokens_per_j_high", "ops_per_j",
    )  # fmt: skip
    parts = {part.name: part.energy_j for part in cost.components}
    return {**{name: plain(getattr(cost, name)) for name in names}, "components_energy_j": plain(parts)}


def _phase(phase: PhaseCost) -> dict[str, Any]:
    return {field.name: plain(getattr(phase, field.name)) for field in fields(phase) if field.name != "timing"}


def _accuracy(measured: Measured) -> dict[str, Any]:
    names = (
        "perplexity_mean",
        "perplexity_spread",
        "digital_perplexity",
        "agreement_fraction",
        "divergence_nats_per_token",
    )
    return {**plain(measured), **{name: plain(getattr(measured, name)) for name in names}}
