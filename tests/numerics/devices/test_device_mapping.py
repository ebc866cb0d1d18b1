"""Weights as conductances and back, read-outs, charge, and wear."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.hardware import Cell, ReadDisturb
from bitline.numerics.devices import (
    column_readout,
    disturbed,
    drift_compensation,
    global_readout,
    measured_readout,
    on_pairs,
    on_single_cells,
    sampling_variance,
    single_pair,
    worn_fraction,
    writes_left,
)


def weights(seed=0, shape=(7, 5)):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(factors=st.lists(st.floats(0.1, 4), min_size=1, max_size=3), floor=st.floats(0, 5e-6))
def test_pairs_stand_for_their_weights(factors, floor):
    wanted = weights()
    pairs = on_pairs(wanted, g_max_siemens=25e-6, g_min_siemens=floor, factors=tuple(factors))
    torch.testing.assert_close(pairs.weights, wanted)
    for plus, minus in zip(pairs.plus_siemens, pairs.minus_siemens, strict=True):
        assert float(torch.minimum(plus, minus).max()) == pytest.approx(floor)
        assert float(torch.maximum(plus, minus).max()) <= 25e-6 * (1 + 1e-9)


def test_a_higher_pair_is_used_only_beyond_the_range_of_the_lower_ones():
    pairs = on_pairs(torch.tensor([0.25, 0.5, 1.0]), g_max_siemens=1.0, factors=(1.0, 3.0))
    torch.testing.assert_close(pairs.plus_siemens[0], torch.tensor([1.0, 1.0, 1.0]))
    torch.testing.assert_close(pairs.plus_siemens[1], torch.tensor([0.0, 1 / 3, 1.0]))
    assert pairs.scale_siemens == pytest.approx(4.0)


def test_single_cells_span_the_range():
    cells, scale, low = on_single_cells(weights(), 88.2e-6, 9e-6)
    assert float(cells.min()) == pytest.approx(9e-6)
    assert float(cells.max()) == pytest.approx(88.2e-6)
    torch.testing.assert_close((cells - 9e-6) / scale + low, weights())


def test_zeros_and_empty_ranges():
    plus, minus, _ = single_pair(torch.zeros(2, 2), 25e-6, 1e-7)
    assert torch.equal(plus, minus)
    with pytest.raises(ConfigError, match=r"g_min_siemens = 3e-05 S is outside 0\.\.2\.5e-05 S"):
        single_pair(torch.ones(2), 25e-6, 30e-6)
    with pytest.raises(ConfigError, match=r"factors = .* is not one or more numbers greater than 0"):
        on_pairs(torch.ones(2), g_max_siemens=1.0, factors=(1.0, 0.0))


def test_compensation_undoes_what_all_cells_share():
    tile = weights()
    assert float(drift_compensation(global_readout(tile), global_readout(0.5 * tile))) == pytest.approx(2.0)
    columns = torch.linspace(0.3, 0.9, 7, dtype=torch.float64).unsqueeze(1)
    factor = drift_compensation(column_readout(tile), column_readout(columns * tile))
    torch.testing.assert_close(factor * columns * tile, tile)
    outputs = torch.eye(5, dtype=torch.float64) @ tile.T
    torch.testing.assert_close(measured_readout(outputs), global_readout(tile))
    torch.testing.assert_close(measured_readout(outputs, per_column=True), column_readout(tile))
    assert float(global_readout(torch.zeros(3, 3))) == pytest.approx(1e-4)


def test_thermal_noise_of_shared_charge():
    # 1 fF at 300 K and 1 V: sqrt(kT/C) is 2.035 mV.
    assert math.sqrt(sampling_variance(capacitors=1, capacitance_farad=1e-15, volts=1.0)) == pytest.approx(
        2.035e-3, rel=1e-3
    )
    one = sampling_variance(capacitors=1, capacitance_farad=1e-15, volts=0.85, kelvin=350.0)
    assert sampling_variance(capacitors=256, capacitance_farad=1e-15, volts=0.85, kelvin=350.0) == 256 * one
    with pytest.raises(ConfigError, match="volts"):
        sampling_variance(capacitors=1, capacitance_farad=1e-15, volts=0.0)


def test_wear_is_counted():
    cell = Cell(technology="flash", endurance_writes=1e4)
    assert worn_fraction(cell, 2500) == 0.25
    assert writes_left(cell, 2500) == 7500
    assert writes_left(cell, 1e9) == 0
    assert worn_fraction(Cell(technology="sram-6t"), 1e9) == 0
    assert writes_left(Cell(technology="sram-6t"), 1e9) == math.inf


@pytest.mark.parametrize(("towards", "wanted"), [("on", [0.75, 1.75, 3.0]), ("off", [0.0, 0.25, 2.25])])
def test_reading_moves_levels_in_proportion(towards, wanted):
    cell = Cell(technology="flash", bits=2, read_disturb=ReadDisturb(reads=1000, shift_fraction=0.5, towards=towards))
    found = disturbed(torch.tensor([0.0, 1.0, 3.0]), 2, cell, 500)
    torch.testing.assert_close(found, torch.tensor(wanted))
    assert torch.equal(disturbed(torch.ones(2), 2, Cell(technology="flash"), 500), torch.ones(2))
