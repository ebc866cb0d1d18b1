"""Energy with the activity of data: exactly the parts that models derive from data move, by the stated factor."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.costs import gates
from bitline.engines.component import Component
from bitline.engines.crossbar import Crossbar
from bitline.engines.digital_cim import DigitalCim
from bitline.engines.gpu import Gpu
from bitline.errors import ConfigError
from bitline.hardware import (
    USUAL,
    Activity,
    Array,
    Cell,
    Chip,
    Dac,
    Engine,
    InputFormat,
    Rule,
    Technology,
    WeightFormat,
)  # fmt: skip
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate

SHARES = st.floats(0.0, 1.0)
RERAM = Cell(technology="reram", g_max_siemens=40e-6, on_off_ratio=40.0, read_voltage_v=0.2)


def crossbar(**changes) -> Crossbar:
    values = {"cell": RERAM, "array": Array(rows=128, columns=128, read_s=10e-9)}
    return Crossbar(**{**values, **changes})


def chip(engine: Engine) -> Chip:
    rules = (Rule(operators=("*",), engine="one"),)
    return Chip(name="bench", technology=Technology(node_nm=22), engines={"one": engine}, placement=rules)


def energies(engine: Engine, activity: Activity | None = None) -> dict[str, float]:
    bench = chip(engine)
    parts = engine.parts(bench) if activity is None else engine.parts_in_use(bench, activity)
    return {part.name: part.energy_j.typical for part in parts}


def moved(engine: Engine, activity: Activity) -> dict[str, float]:
    before, after = energies(engine), energies(engine, activity)
    assert before.keys() == after.keys()
    return {name: after[name] / before[name] for name in before if after[name] != before[name]}


@given(drive=SHARES, cells=SHARES)
@pytest.mark.parametrize("encoding", ["offset", "differential"])
def test_cells_follow_their_conductance_and_wordlines_the_ones(encoding, drive, cells):
    engine = crossbar(weight=WeightFormat(bits=8, encoding=encoding))
    found = energies(engine, Activity(drive_fraction=drive, cell_fraction=cells))
    before = energies(engine)
    g_min = 1 / 40
    mean, usual = g_min + cells * (1 - g_min), (1 + g_min) / 2
    if encoding == "differential":
        mean, usual = (mean + g_min) / 2, (usual + g_min) / 2
    assert found["cells"] == pytest.approx(before["cells"] * drive / 0.5 * mean / usual, rel=1e-9, abs=1e-30)
    assert found["dac"] == pytest.approx(before["dac"] * drive / 0.5, rel=1e-9, abs=1e-30)
    assert {name for name in before if found[name] != before[name]} <= {"cells", "dac"}


def test_a_converter_of_several_bits_works_for_every_code():
    form = InputFormat(bits=8, bits_per_pulse=4, signed="offset")
    low, high = (energies(crossbar(input=form), Activity(drive_fraction=share))["dac"] for share in (0.0, 1.0))
    converter_j = 4 * 50e-15 * 0.85**2
    assert low == pytest.approx(converter_j)
    assert energies(crossbar(input=form))["dac"] == pytest.approx((low + high) / 2)


def test_charge_domain_cells_follow_the_ones_alone():
    engine = crossbar(cell=Cell(technology="sram-8t", capacitance_farad=1e-15))
    found = moved(engine, Activity(drive_fraction=0.2, cell_fraction=0.1))
    assert found["cells"] == pytest.approx(0.4)


def test_what_is_stated_was_measured_with_data_of_its_own_and_stays():
    engine = crossbar(cell=replace(RERAM, read_energy_j=1e-15), dac=Dac(energy_per_pulse_j=1e-13))
    assert moved(engine, Activity(drive_fraction=0.1, cell_fraction=0.9, toggle_fraction=0.1)) == {}
    macros = DigitalCim(rows=64, columns=64, clock_hz=1e9, mac=Component(energy_j=1e-14))
    assert moved(macros, Activity(toggle_fraction=0.1)) == {}


def test_uniform_data_change_nothing_and_other_engines_know_no_data():
    for engine in (crossbar(), DigitalCim(rows=64, columns=64, clock_hz=1e9)):
        assert moved(engine, USUAL) == {}
    gpu = load_chip("h100-sxm")
    (engine,) = (one for one in gpu.engines.values() if isinstance(one, Gpu))
    assert engine.parts_in_use(gpu, Activity(drive_fraction=0.1)) == engine.parts(gpu)


@given(toggled=SHARES)
def test_adder_trees_follow_their_inputs(toggled):
    engine = DigitalCim(rows=64, columns=64, clock_hz=1e9)
    before, after = energies(engine), energies(engine, Activity(toggle_fraction=toggled))
    assert {name for name in before if before[name] != after[name]} <= {"mac"}
    assert (after["mac"] - before["mac"]) * (toggled - 0.5) >= 0
    # Accumulators go on whatever comes in; no tree switches more than twice as much as with uniform data.
    assert 0 < after["mac"] <= 2 * before["mac"]


@pytest.mark.parametrize("toggled", [0.05, 0.1, 0.2, 0.35, 0.7])
def test_switching_of_a_tree_is_that_of_a_simulated_one(toggled):
    """Sum bits of every adder of a tree over 64 stored bytes, counted while bits of inputs change."""

    def switched(share: float) -> float:
        rng = torch.Generator().manual_seed(7)
        weights = torch.randint(0, 256, (64,), generator=rng)
        flips = (torch.rand(600, 64, generator=rng) < share).long()
        level = (flips.cumsum(dim=0) % 2) * weights
        count = 0
        while level.shape[1] > 1:
            level = level[:, ::2] + level[:, 1::2]
            changed = level[1:] ^ level[:-1]
            count += sum(int(((changed >> bit) & 1).sum()) for bit in range(16))
        return float(count)

    assert gates.tree_switching(64, 8, toggled) == pytest.approx(switched(toggled) / switched(0.5), rel=0.2)


def test_estimates_move_by_what_their_parts_do():
    before = estimate("embedded", "default")
    given_ = {"weights": Activity(drive_fraction=0.25, cell_fraction=0.5)}
    after = estimate("embedded", "default", activity=given_)
    parts = {one.name: one.energy_j for one in before.components}
    for one in after.components:
        factor = 0.5 if one.name in ("weights.cells", "weights.dac") else 1.0
        assert one.energy_j == pytest.approx(parts[one.name] * factor, rel=1e-12)
    saved = (parts["weights.cells"] + parts["weights.dac"]) / 2
    assert after.energy_j == pytest.approx(before.energy_j - saved)
    assert (after.total_s, after.area_m2, after.leakage_j) == (before.total_s, before.area_m2, before.leakage_j)
    assert (before.activity, after.activity) == ({}, given_)
    assert estimate("embedded", "default").energy_j == before.energy_j
    with pytest.raises(ConfigError, match=r"activity = 'weihgts' is not one of .*Nearest: 'weights'"):
        estimate("embedded", "default", activity={"weihgts": USUAL})
