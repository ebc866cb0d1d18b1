"""Commands of a DRAM: the published evaluation of data-sheet currents, levels, locality, and arrays in the fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.costs import dram_commands as commands
from bitline.costs.memory import bit_energy, memory_parts
from bitline.errors import ConfigError
from bitline.hardware import Dram, DramEnergy, Memory, Technology
from bitline.hardware.library import part, part_names
from bitline.hardware.schema import value_of
from bitline.systems import load_chip

AT_22 = Technology(node_nm=22)


def described(name: str) -> Memory:
    tree = {"capacity_bytes": 1e9} | dict(part("memory", name).fields.tree)
    value, problems = value_of(Memory, tree)
    assert not problems
    assert isinstance(value, Memory)
    return value


def inside(name: str) -> Dram:
    found = described(name).dram
    assert found is not None
    return found


def described_in(system: str, memory: str) -> Dram:
    found = load_chip(system).memories[memory].dram
    assert found is not None
    return found


def joule(figure: Any) -> float:
    assert figure is not None
    return float(figure.typical)


# Columns: activation of a row in pJ, reading and writing in pJ per bit, refresh in nJ, standby with open and closed
# rows in mW. Worked out by hand from currents in the same files, before this package existed; that of DDR4-2400 in
# a version whose rows took 57 clocks instead of 55.
EVALUATED = {
    "ddr4": (529, 5.48, 4.63, 84, 62, 44),
    "ddr4-2400": (431, 5.73, 4.98, None, None, None),
    "hbm2": (828, 1.57, 2.09, 60.8, 66, 48),
}


@pytest.mark.parametrize("name", EVALUATED)
def test_currents_give_what_was_worked_out_from_them_by_hand(name: str) -> None:
    row_pj, read_pj, write_pj, refresh_nj, standby_mw, idle_mw = EVALUATED[name]
    dram = replace(inside(name), energy=None)
    assert joule(commands.activation_energy(dram)) == pytest.approx(
        row_pj * 1e-12, rel=0.03 if "2400" in name else 2e-3
    )
    assert joule(commands.column_energy(dram, write=False)) == pytest.approx(read_pj * 1e-12, rel=5e-3)
    assert joule(commands.column_energy(dram, write=True)) == pytest.approx(write_pj * 1e-12, rel=5e-3)
    if refresh_nj and standby_mw and idle_mw:
        assert joule(commands.refresh_energy(dram)) == pytest.approx(refresh_nj * 1e-9, rel=5e-3)
        alone = commands.standing_power(replace(dram, channels=1, timing=None))
        assert alone.typical == pytest.approx(standby_mw * 1e-3, rel=1e-2)
        assert alone.low == pytest.approx(commands.BELOW_LIMIT * idle_mw * 1e-3, rel=1e-2)


def test_a_row_draws_something_where_standing_by_with_all_rows_open_draws_more_than_opening_one() -> None:
    dram = described_in("pim-gpt", "gddr6")
    row = commands.activation_energy(dram)
    # 1.25 V (122 mA 39 ns - (92 + 50/16) mA 27 ns - 92 mA 12 ns); HBM2's 0.9 nJ per kilobyte would be 1.8 nJ.
    assert joule(row) == pytest.approx(1.357e-9, rel=2e-3)
    assert row is not None
    assert row.low is not None
    assert row.high is not None
    assert 0 < row.low < row.typical < row.high
    assert dram.currents is not None
    swept = replace(dram, currents=replace(dram.currents, idd0_a=np.array([0.05, 0.122, 0.2])))  # type: ignore[arg-type]
    several = commands.activation_energy(swept)
    assert several is not None
    assert np.allclose(several.typical, [0.0, row.typical, 1.25 * (0.2 * 39e-9 - 0.142 * 27e-9 - 0.092 * 12e-9)])


@pytest.mark.parametrize("name", [name for name in part_names("memory") if described(name).dram])
def test_no_command_draws_less_than_nothing(name: str) -> None:
    dram = inside(name)
    found = (
        commands.activation_energy(dram),
        commands.column_energy(dram, write=False),
        commands.column_energy(dram, write=True),
        commands.refresh_energy(dram),
    )
    assert all(figure.typical > 0 for figure in found if figure is not None)


def test_parts_of_hbm2_add_up_to_what_its_source_and_its_simulator_say() -> None:
    dram = inside("hbm2")
    streamed = commands.bit_energy(dram, "device", write=False)
    assert joule(streamed) == pytest.approx(3.59e-12, rel=2e-3)  # AttAcc: everything up to the host, but its circuits
    scattered = commands.bit_energy(replace(dram, row_hit_fraction=1 - 512 / 751), "device", write=False)
    assert joule(scattered) - joule(streamed) == pytest.approx(1.21e-12 - 0.11e-12, rel=2e-2)
    assert streamed is not None
    assert streamed.high is not None
    # Three bursts of 32 bytes to a row; the channel here moves 64 bytes at a time.
    assert streamed.high > joule(streamed)


def test_gddr6_from_the_powers_of_one_simulator_meets_its_vendors_average() -> None:
    assert bit_energy("m", described("gddr6"), AT_22, write=False).typical == pytest.approx(7.5e-12, rel=0.06)
    interface = replace(described("gddr6"), energy_level="interface")
    assert bit_energy("m", interface, AT_22, write=False).typical == pytest.approx(7.82e-12 + 0.744e-12, rel=1e-2)


def test_a_level_that_parts_do_not_reach_comes_from_the_standard_or_is_refused() -> None:
    board = replace(described("hbm2"), energy_level="board")
    assert bit_energy("m", board, AT_22, write=False).typical == pytest.approx(13.1e-12)
    with pytest.raises(ConfigError, match=r"memories\.m\.energy_level = 'interface' is not one of board, device"):
        bit_energy("m", replace(board, energy_level="interface"), AT_22, write=False)


def test_a_figure_without_pins_says_so() -> None:
    assert "core only" in bit_energy("m", described("ddr4"), AT_22, write=False).source
    assert "pins included" in bit_energy("m", described("hbm3"), AT_22, write=False).source


@given(hit=st.floats(0, 1), better=st.floats(0, 1))
def test_more_row_hits_never_cost_more(hit: float, better: float) -> None:
    low, high = sorted((hit, better))
    worse, fine = (joule(commands.bit_energy(replace(inside("ddr4"), row_hit_fraction=h), "device", write=False))
                   for h in (low, high))  # fmt: skip
    assert fine <= worse


def test_a_row_read_whole_misses_once() -> None:
    dram = inside("ddr4")
    once = replace(dram, row_hit_fraction=1 - dram.burst_bytes / dram.row_bytes)
    whole = commands.bit_energy(dram, "device", write=False)
    assert joule(commands.bit_energy(once, "device", write=False)) == pytest.approx(joule(whole))


def test_bandwidth_of_channels_and_what_refresh_takes_of_it() -> None:
    hbm2 = commands.bandwidth_bytes_per_s(inside("hbm2"))
    assert hbm2 is not None
    assert hbm2.typical == pytest.approx(8 * 32e9)
    assert hbm2.low == pytest.approx(8 * 32e9 * (1 - 260 / 3900))
    assert memory_parts("m", described("hbm2"), AT_22)[0].latency_s.typical == pytest.approx(1 / (64 * 32e9))
    assert commands.bandwidth_bytes_per_s(inside("lpddr4")) is None


def test_standing_power_counts_devices_channels_and_refresh() -> None:
    part_of_rank = memory_parts("m", described("ddr4"), AT_22)[0]
    refresh_w = 84e-9 / 7.86e-6
    assert part_of_rank.leakage_w.typical == pytest.approx(62.4e-3 + refresh_w, rel=5e-3)
    assert part_of_rank.instances == 8
    stack = commands.standing_power(inside("hbm2"))
    assert stack.typical == pytest.approx(8 * (66e-3 + 60.84e-9 / 3.9e-6), rel=5e-3)


@pytest.mark.parametrize("name", [name for name in part_names("memory") if "dram" in part("memory", name).fields.tree])
def test_every_part_has_an_envelope_around_its_energy(name: str) -> None:
    for write in (False, True):
        figure = bit_energy("m", described(name), AT_22, write=write)
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < figure.typical < figure.high


def test_fields_may_be_arrays() -> None:
    dram = inside("hbm2")
    hits = np.linspace(0, 1, 7)
    assert dram.energy is not None
    energy: DramEnergy = replace(dram.energy, activation_j=np.linspace(1e-10, 1e-9, 7))  # type: ignore[arg-type]
    swept = commands.bit_energy(replace(dram, row_hit_fraction=hits, energy=energy), "device", write=True)  # type: ignore[arg-type]
    assert swept is not None
    for i, hit in enumerate(hits):
        one = replace(
            dram, row_hit_fraction=float(hit), energy=replace(dram.energy, activation_j=energy.activation_j[i])
        )  # type: ignore[index]
        assert np.asarray(swept.typical)[i] == pytest.approx(joule(commands.bit_energy(one, "device", write=True)))
    assert dram.currents is not None
    wide = replace(dram, energy=None, currents=replace(dram.currents, idd4r_a=np.array([0.3, 0.39])))  # type: ignore[arg-type]
    found = commands.column_energy(wide, write=False)
    assert found is not None
    assert np.shape(found.typical) == (2,)
