"""A sweep gives what each of its designs gives alone."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from bitline.errors import ConfigError
from bitline.systems import load_chip
from bitline.verbs.macro import macro
from bitline.verbs.sweep import parse_axis, sweep

DEFAULT = load_chip("default")
AXES = {
    "array.rows": [64, 128, 1024],
    "array.columns": [32, 256],
    "array.active_rows": [8, 64],
    "adc.bits": [3, 5, 8, 12],
    "adc.per_array": [1, 8],
    "cell.bits": [1, 2, 4],
    "cell.g_max_siemens": [1e-6, 1e-4],
    "technology.node_nm": [7.0, 28.0, 90.0],
    "technology.supply_v": [0.7, 0.8],
}


def alone(values):
    engine = DEFAULT.engines["weights"]
    array = {name.partition(".")[2]: value for name, value in values.items() if name.startswith("array.")}
    adc = {name.partition(".")[2]: value for name, value in values.items() if name.startswith("adc.")}
    cell = {name.partition(".")[2]: value for name, value in values.items() if name.startswith("cell.")}
    technology = {name.partition(".")[2]: value for name, value in values.items() if name.startswith("technology.")}
    engine = replace(
        engine, array=replace(engine.array, **array), adc=replace(engine.adc, **adc), cell=replace(engine.cell, **cell)
    )
    return macro(replace(DEFAULT, engines={"weights": engine}, technology=replace(DEFAULT.technology, **technology)))


def test_each_design_costs_what_it_costs_alone():
    found = sweep(DEFAULT, AXES)
    designs = list(itertools.product(*AXES.values()))
    assert found.designs == len(designs) == 3456
    for i in range(0, len(designs), 37):
        values = dict(zip(AXES, designs[i], strict=True))
        assert {path: column[i] for path, column in found.axes.items()} == values
        one = alone(values)
        assert found.ops_per_s[i] == pytest.approx(one.ops_per_s, rel=1e-12)
        assert found.ops_per_j[i] == pytest.approx(one.ops_per_j.typical, rel=1e-12)
        assert found.ops_per_j_low[i] == pytest.approx(one.ops_per_j.low, rel=1e-12)
        assert found.ops_per_j_high[i] == pytest.approx(one.ops_per_j.high, rel=1e-12)
        assert found.m2[i] == pytest.approx(one.m2.typical, rel=1e-12)
    assert len(np.unique(found.ops_per_j)) > 100


def test_envelopes_hold_what_is_typical():
    found = sweep(DEFAULT, AXES)
    assert (found.ops_per_j_low <= found.ops_per_j).all()
    assert (found.ops_per_j <= found.ops_per_j_high).all()
    assert (found.m2 > 0).all()


def test_a_digital_engine_is_swept_too():
    found = sweep(DEFAULT, {"rows": [16, 64, 256], "clock_hz": [1e8, 1e9]}, engine="attention")
    assert found.ops_per_s[1] == pytest.approx(10 * found.ops_per_s[0])
    assert found.ops_per_s[4] == pytest.approx(16 * found.ops_per_s[0])


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        ({"array.row": [1]}, "'rows'"),
        ({"adc.bits": []}, "adc.bits"),
        ({"adc.bits": ["many"]}, "adc.bits"),
        ({"technology.node": [7]}, "node_nm"),
        ({"technology.node_nm": [0.5]}, "node_nm"),
        ({"clock_hz.fast": [1]}, "clock_hz"),
    ],
)
def test_what_is_no_axis_is_named(axes, told):
    with pytest.raises(ConfigError, match=told):
        sweep(DEFAULT, axes)


@pytest.mark.parametrize(
    ("text", "values"), [("adc.bits=4..6", [4, 5, 6]), ("adc.bits=8", [8]), ("technology.supply_v=.7,0.8", [0.7, 0.8])]
)
def test_axes_are_read(text, values):
    path, found = parse_axis(text)
    assert path == text.partition("=")[0]
    assert found.tolist() == values


@pytest.mark.parametrize("text", ["adc.bits", "=3", "adc.bits=", "adc.bits=4..x", "adc.bits=6..4"])
def test_what_does_not_read_as_an_axis_is_told(text):
    with pytest.raises(ConfigError, match="FIELD=VALUES"):
        parse_axis(text)
