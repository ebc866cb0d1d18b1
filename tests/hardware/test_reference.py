"""The generated reference names everything a description may hold."""

from __future__ import annotations

import re

import pytest

from bitline.engines.kinds import engine_kinds
from bitline.hardware import Adc, Array, Cell, Chip, Link, Memory, Schedule
from bitline.hardware.field import fields_of, meanings_of
from bitline.hardware.reference import chip_reference, unit_of


@pytest.fixture(scope="module")
def text():
    return chip_reference(engine_kinds())


@pytest.mark.parametrize("block", [Chip, Cell, Array, Adc, Memory, Link, Schedule, *engine_kinds().values()])
def test_every_field_has_a_row_with_its_meaning(text, block):
    for field in fields_of(block).values():
        rows = [line for line in text.splitlines() if line.startswith(f"| `{field.name}` |")]
        assert rows
        assert any(meanings_of(block).get(field.name, "").replace("|", "\\|") in row for row in rows)


def test_tables_have_five_columns_everywhere(text):
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert rows
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)


def test_links_lead_somewhere(text):
    targets = {line[3:].lower() for line in text.splitlines() if line.startswith("## ")}
    assert set(re.findall(r"\(#([^)]+)\)", text)) <= targets


def test_ranges_units_and_defaults_are_told(text):
    assert "| `bits` | a whole number in 1..32 | bit | nothing |  |" in text
    assert "| `rate_hz` | a number greater than 0 | Hz | nothing | Conversions per second of one converter. |" in text
    assert "| `temperature_k` | a number greater than 0 | K | `300.0` |  |" in text
    assert "| `node_nm` | a number greater than 0 | nm | required |  |" in text


def test_every_kind_and_part_is_named(text):
    for kind in engine_kinds():
        assert f"## kind: {kind}" in text
    assert "| cell `reram-isaac` |" in text


@pytest.mark.parametrize(
    ("name", "unit"),
    [("read_s", "s"), ("bandwidth_bytes_per_s", "byte/s"), ("area_f2", "squares of the node"), ("rows", ""),
     ("bits", "bit"), ("g_max_siemens", "S"), ("sigma_fraction", "share of 1"),
     ("on_off_ratio", ""), ("read_energy_per_bit_j", "J/bit")],
)  # fmt: skip
def test_units_are_read_from_names(name, unit):
    assert unit_of(name) == unit
