"""A sweep gives what each of its designs gives alone."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from bitline.systems import load_chip
from bitline.verbs.macro import macro
from bitline.verbs.sweep import sweep

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


NUMBERS = {
    "weights": {
        "array.area_m2": [1e-9, 2e-9], "dac.area_m2": [1e-12, 2e-12], "adc.area_m2": [1e-9, 2e-9],
        "cell.area_f2": [20.0, 50.0], "cell.read_energy_j": [1e-15, 2e-15], "cell.capacitance_farad": [1e-15, 2e-15],
        "adc.rate_hz": [1e8, 1e9], "adc.effective_bits": [4.0, 6.0], "control.energy_j": [1e-12, 2e-12],
        "cell.write.tolerance_fraction": [0.02, 0.1], "weight.bits": [4, 8], "technology.temperature_k": [300.0, 350.0],
    },
    "attention": {"toggle_fraction": [0.25, 0.5], "cell_area_f2": [150.0, 300.0], "active_rows": [8, 16]},
}  # fmt: skip


@pytest.mark.parametrize(("engine", "path"), [(engine, path) for engine, paths in NUMBERS.items() for path in paths])
def test_numbers_that_are_stated_may_be_swept(engine, path):
    values = NUMBERS[engine][path]
    found = sweep(DEFAULT, {path: values}, engine=engine)
    for i, value in enumerate(values):
        one = sweep(DEFAULT, {path: [value]}, engine=engine)
        assert found.ops_per_j[i] == pytest.approx(one.ops_per_j[0], rel=1e-12)
        assert found.m2[i] == pytest.approx(one.m2[0], rel=1e-12)


def test_cells_that_are_verified_are_priced_one_by_one():
    axes = {"cell.write.tolerance_fraction": [0.05], "cell.on_off_ratio": [10.0, 40.0], "array.rows": [64, 128]}
    found = sweep(DEFAULT, axes)
    alone = [sweep(DEFAULT, {path: column[i : i + 1] for path, column in found.axes.items()}) for i in range(4)]
    assert found.ops_per_j == pytest.approx([one.ops_per_j[0] for one in alone], rel=1e-12)
