from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from bitline.report import to_json

ESTIMATE = {
    "area_m2", "assumptions", "average_power_w", "chip", "components", "contexts", "decode_tokens_per_s",
    "energy_high_j",
    "energy_j", "energy_low_j", "energy_per_token_j", "engines", "held_bytes", "leakage_fraction", "leakage_j",
    "lifetime_s", "macro_ops_per_j", "macs", "mean_time_per_token_s", "model", "operators", "ops_per_j", "ops_per_s",
    "peak_ops_per_s", "phases", "policy", "prices", "provenance", "request", "time_per_token_s",
    "time_to_first_token_s", "tokens_per_j", "tokens_per_j_high", "tokens_per_j_low", "tokens_per_s", "total_s",
}  # fmt: skip
"""Keys other programs may rely on: one may come, none may go without a line in the changelog."""


def test_keys_are_kept(cost):
    found = json.loads(to_json(cost))
    assert found["schema"] == "bitline.result/1"
    assert set(found) == {"schema", "estimate", "in_use", "accuracy", "warnings"}
    assert set(found["estimate"]) >= ESTIMATE
    assert set(found["estimate"]["phases"][0]) == {"name", "steps", "time_s", "energy_j", "bottleneck"}


def test_numbers_are_those_of_the_estimate(cost):
    found = json.loads(to_json(cost))["estimate"]
    assert found["energy_j"] == cost.energy_j
    assert found["time_per_token_s"] == cost.time_per_token_s.tolist()
    assert found["tokens_per_j_low"] < found["tokens_per_j"] < found["tokens_per_j_high"]
    assert found["request"] == {"batch": 2, "prompt": 16, "generate": 8}
    assert sum(part["energy_j"] + part["leakage_j"] for part in found["components"]) == pytest.approx(cost.energy_j)


def test_what_is_not_finite_is_null(cost):
    found = json.loads(to_json(replace(cost, lifetime_s={"weights": math.inf})), parse_constant=pytest.fail)
    assert found["estimate"]["lifetime_s"] == {"weights": None}
