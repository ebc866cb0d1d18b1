"""Cells: read currents and C V^2 by hand, writing with verification, and technologies nobody described."""

from __future__ import annotations

import numpy as np
import pytest

from bitline.costs import cells
from bitline.hardware import Array, Cell, Technology, Write
from bitline.hardware.activity import Activity

AT_32, ARRAY = Technology(node_nm=32), Array(rows=128, columns=128, read_s=100e-9)


def test_a_read_current_flows_from_the_supply_over_states_and_half_the_inputs() -> None:
    cell = Cell(technology="reram", g_max_siemens=4e-5, on_off_ratio=10, read_voltage_v=0.2)
    charge = 0.2 * (4e-5 + 4e-6) / 2 * 100e-9 / 2
    found = cells.read_energy(cell, ARRAY, AT_32)
    assert found.typical == pytest.approx(0.9 * charge)
    assert found.low == pytest.approx(0.2 * charge / 2)
    assert cells.read_energy(cell, ARRAY, AT_32).origin == "modelled"


def test_one_cell_of_a_pair_rests() -> None:
    cell = Cell(technology="pcm", g_max_siemens=25e-6, read_voltage_v=0.2)
    single = cells.read_energy(cell, ARRAY, AT_32).typical
    assert cells.read_energy(cell, ARRAY, AT_32, differential=True).typical == pytest.approx(single / 2)


def test_a_charge_domain_read_is_c_v2() -> None:
    cell = Cell(technology="sram-8t1c", capacitance_farad=2e-15, read_voltage_v=0.8)
    assert cells.read_energy(cell, ARRAY, AT_32).typical == pytest.approx(2e-15 * 0.64 / 2)


def test_puma_reads_a_cell_for_about_ten_femtojoule() -> None:
    assumed = cells.read_energy(Cell(technology="reram"), Array(rows=128, columns=128), AT_32)
    assert 1e-15 < assumed.typical < 1e-13
    assert assumed.origin == "assumed"
    assert assumed.low is not None
    assert assumed.high is not None
    assert assumed.low < 10.4e-15 < assumed.high


def test_writing_takes_every_pulse_and_its_verification() -> None:
    write = Write(pulse_s=1e-6, pulses=8.52, verify_s=1e-6, voltage_v=2.0)
    cell = Cell(technology="reram", g_max_siemens=1e-5, read_voltage_v=0.5, write=write)
    assert cells.write_time(Cell(technology="reram", write=write)).typical == pytest.approx(8.52 * 2e-6)
    expected = 8.52 * 0.5e-5 * (4.0 * 1e-6 + 0.25 * 1e-6)
    assert cells.write_energy(cell, ARRAY, AT_32).typical == pytest.approx(expected)


def test_stated_energies_win() -> None:
    write = Write(pulse_s=1e-9, energy_j=7e-15)
    cell = Cell(technology="sram", read_energy_j=3e-15, write=write)
    assert cells.read_energy(cell, ARRAY, AT_32).typical == 3e-15
    assert cells.write_energy(cell, ARRAY, AT_32).typical == 7e-15


def test_an_sram_bit_is_written_for_femtojoules() -> None:
    assert 1e-15 < cells.write_energy(Cell(technology="sram-8t"), ARRAY, AT_32).typical < 1e-13


def test_an_unknown_technology_is_not_charged_in_silence() -> None:
    written = cells.write_energy(Cell(technology="optical"), ARRAY, AT_32)
    assert (written.typical, written.origin) == (0.0, "ideal")
    assert cells.cell_area(Cell(technology="optical"), AT_32).origin == "assumed"


def test_area_is_squares_of_the_node() -> None:
    assert cells.cell_area(Cell(technology="reram", area_f2=16), AT_32).typical == pytest.approx(16 * (32e-9) ** 2)


def test_a_sweep_over_cells_gives_what_each_gives_alone() -> None:
    ratios, volts = np.array([2.0, 10.0, 40.0]), np.array([0.1, 0.2, 1.2])
    swept = Cell(technology="reram", g_max_siemens=4e-5, on_off_ratio=ratios, read_voltage_v=volts)
    found = cells.read_energy(swept, ARRAY, AT_32)
    for i, (ratio, volt) in enumerate(zip(ratios, volts, strict=True)):
        one = Cell(technology="reram", g_max_siemens=4e-5, on_off_ratio=float(ratio), read_voltage_v=float(volt))
        alone = cells.read_energy(one, ARRAY, AT_32)
        assert (found.low[i], found.typical[i], found.high[i]) == (alone.low, alone.typical, alone.high)


def test_a_read_voltage_above_the_supply_is_what_its_current_is_drawn_from() -> None:
    cell = Cell(technology="reram", g_max_siemens=4e-5, read_voltage_v=1.5)
    assert cells.read_energy(cell, ARRAY, AT_32).typical == pytest.approx(1.5**2 * 4e-5 / 2 * 100e-9 / 2)


@pytest.mark.parametrize("technology", ["reram", "pcm", "mram", "flash", "sram-8t", "gain-cell", "unheard-of"])
def test_times_that_nobody_stated_have_an_envelope(technology):
    cell = Cell(technology=technology)
    read = cells.read_time(cell, Array(rows=64, columns=64))
    assert read.low < read.typical < read.high
    written = cells.write_time(cell)
    assert written.origin == "ideal" or written.low <= written.typical < written.high
    assert cells.read_time(cell, Array(rows=64, columns=64, read_s=2e-9)).low is None


def test_all_rows_of_an_array_load_the_bitline_that_few_discharge() -> None:
    cell, activity = Cell(technology="sram-8t"), Activity(drive_fraction=0.5, cell_fraction=0.25)
    whole, few = Array(rows=64, columns=8), Array(rows=64, columns=8, active_rows=8)
    one, eighth = (cells.read_energy(cell, array, AT_32, activity=activity) for array in (whole, few))
    pitch_m = cells.cell_area(cell, AT_32).typical ** 0.5
    line_farad = 64 * (0.35e-15 * 32 / 28 + pitch_m * 2e-10)
    assert 64 * one.typical == pytest.approx(line_farad * 0.9**2 * 0.5 * 0.25)
    assert 8 * eighth.typical == pytest.approx(64 * one.typical)
    assert eighth.low == pytest.approx(one.low)
