"""Macros by hand: counts times prices of one array."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.engines.component import Component
from bitline.engines.crossbar import Crossbar
from bitline.errors import ConfigError
from bitline.hardware import Adc, Array, Cell, Chip, Dac, Hierarchy, InputFormat, Technology, WeightFormat
from bitline.hardware.chip import Rule
from bitline.systems import load_chip
from bitline.verbs.macro import macro

ENGINE = Crossbar(
    cell=Cell(technology="reram", bits=2, read_energy_j=1e-15),
    array=Array(rows=128, columns=64, active_rows=32, read_s=10e-9, area_m2=2e-9),
    weight=WeightFormat(bits=8),
    input=InputFormat(bits=4),
    adc=Adc(bits=6, per_array=4, rate_hz=1e9, energy_per_conversion_j=2e-12, area_m2=3e-10, leakage_w=1e-6),
    dac=Dac(energy_per_pulse_j=5e-14, area_m2=1e-12),
    hierarchy=Hierarchy(tiles=7),
    sample_hold=Component(energy_j=0.0, area_m2=0.0),
    shift_add=Component(energy_j=1e-14, area_m2=1e-10),
    control=Component(energy_j=3e-12, area_m2=1e-9),
    input_register=Component(energy_j=2e-15, area_m2=1e-10),
    output_register=Component(energy_j=5e-15, area_m2=2e-10),
    output_bits=12,
)
CHIP = Chip(
    name="bench", technology=Technology(node_nm=32), engines={"arrays": ENGINE},
    placement=(Rule(operators=("*",), engine="arrays"),),
)  # fmt: skip
STEPS = 4 * 4
"""Four pulses on each of four groups of rows."""


def test_one_array_by_hand():
    found = macro(CHIP)
    assert found.ops == 2 * 128 * 16
    assert found.seconds == pytest.approx(STEPS * 64 / 4 * 1e-9)
    energy = {part: figure.typical for part, figure in found.energy_j.items()}
    assert energy["cells"] == pytest.approx(4 * 128 * 64 * 1e-15)
    assert energy["dac"] == pytest.approx(4 * 128 * 5e-14)
    assert energy["adc"] == pytest.approx(STEPS * 64 * 2e-12)
    assert energy["shift_add"] == pytest.approx(STEPS * 64 * 1e-14)
    assert energy["input_register"] == pytest.approx(128 * 4 * 2e-15)
    assert energy["output_register"] == pytest.approx(16 * 12 * 5e-15)
    assert energy["control"] == pytest.approx(STEPS * 3e-12)
    assert found.leakage_w.typical >= 4 * 1e-6
    assert found.m2.typical == pytest.approx(2e-9 + 128e-12 + 4 * 3e-10 + 4 * 1e-10 + 1e-9 + 1e-10 + 2e-10)
    assert found.ops_per_j.typical == pytest.approx(found.ops / sum(energy.values()))
    assert found.ops_per_s_m2.typical == pytest.approx(found.ops / found.seconds / found.m2.typical)


def test_only_the_parts_asked_for_count():
    assert set(macro(CHIP, parts=("adc", "cells")).energy_j) == {"adc", "cells"}


def test_the_number_of_arrays_does_not_matter():
    many = replace(CHIP, engines={"arrays": replace(ENGINE, hierarchy=Hierarchy(tiles=1))})
    assert macro(many).ops_per_j == macro(CHIP).ops_per_j


@pytest.mark.parametrize(
    ("ask", "told"),
    [({"engine": "array"}, "arrays"), ({"parts": ("adcs",)}, "adc"), ({"engine": "functions"}, "arrays")],
)
def test_what_is_not_there_is_named_with_what_is(ask, told):
    with pytest.raises(ConfigError, match=told):
        macro(CHIP, **ask)


def test_a_chip_without_units_has_no_macro():
    with pytest.raises(ConfigError, match="no macro"):
        macro(load_chip("h100-sxm"))
