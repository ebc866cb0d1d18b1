"""What is read from the dataclasses, and that every number of a description says its unit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Literal

import pytest

from bitline.engines.kinds import engine_kinds
from bitline.hardware import Adc, Cell, Chip, Link
from bitline.hardware.chip import Rule
from bitline.hardware.field import block_of, fields_of, is_mapping, limits, meanings_of, optional, plain, within
from bitline.hardware.quantity import Bits, Fraction, Positive
from bitline.hardware.reference import unit_of
from bitline.hardware.wording import expectation, nearest_value


def test_fields_keep_their_docstrings_defaults_and_order():
    fields = fields_of(Adc)
    assert next(iter(fields)) == "kind"
    assert meanings_of(Adc)["rate_hz"] == "Conversions per second of one converter."
    assert fields["per_array"].default == 1
    assert fields_of(Cell)["technology"].required


@pytest.mark.parametrize(
    ("holds", "bounds"),
    [(Bits, {"ge": 1, "le": 32}), (Fraction, {"ge": 0, "le": 1}), (Positive | None, {"gt": 0}), (int, {})],
)
def test_limits_are_those_of_the_annotation(holds, bounds):
    assert limits(holds) == bounds


def test_steps_lead_to_what_is_held_there():
    engines = fields_of(Chip)["engines"].holds
    assert is_mapping(engines)
    assert block_of(within(within(Chip, "memories"), "any")).__name__ == "Memory"
    assert within(within(Rule, "operators"), 3) is str
    assert within(within(Link, "between"), 1) is str
    assert within(within(Link, "between"), 2) is None
    assert within(Cell, "nothing") is None
    assert optional(within(Cell, "write"))
    assert plain(Positive | None) is float


@pytest.mark.parametrize(
    ("holds", "value", "near"),
    [(Bits, 64, 32), (Bits, 0, 1), (Bits, "8", 8), (Bits, 8.0, 8), (Bits, True, None), (Positive, -1.0, None),
     (Fraction, 3.0, 1), (float, float("nan"), None), (str, 3, None), (Bits, "x", None), (Positive, [1], None)],
)  # fmt: skip
def test_the_nearest_value_is_allowed(holds, value, near):
    assert nearest_value(holds, value) == near


def test_expectations_are_words():
    assert expectation(Literal["a", "b"]) == "one of a, b"
    assert expectation(tuple[str, ...]) == "a list, each item text"
    assert expectation(tuple[int, str]) == "a list of 2: a whole number, text"
    assert expectation(Mapping[str, int]) == "a block of named entries"
    assert expectation(bool) == "true or false"


def test_every_real_number_of_a_description_says_its_unit():
    without = {"hops", "pulses", "on_off_ratio", "endurance_writes", "operations_per_element"}
    without |= {"coefficients", "exponent", "scale", "low", "high", "below"}  # of laws, which say the unit of a 1
    without |= {
        "percentile",
        "within_sigmas",
        "clip_sigmas",
        "full_scale",
        "state",
        "mean",
        "spread",
    }  # counts, and the columns of tables: shares
    seen, ahead = set(), [Chip, *engine_kinds().values()]
    while ahead:
        block = ahead.pop()
        if block in seen:
            continue
        seen.add(block)
        for field in fields_of(block).values():
            inner = plain(field.holds)
            inner = plain(within(field.holds, "any")) if is_mapping(inner) else inner
            inner = plain(within(field.holds, 0)) if getattr(inner, "__origin__", None) is tuple else inner
            if block_of(inner):
                ahead.append(inner)
            if inner is float:
                assert unit_of(field.name) or field.name in without, f"{block.__name__}.{field.name}"
    assert len(seen) > 12


def test_neither_pydantic_nor_yaml_is_imported_until_a_description_is_read():
    code = "import sys, bitline.hardware; print([m for m in ('pydantic', 'ruamel.yaml', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
