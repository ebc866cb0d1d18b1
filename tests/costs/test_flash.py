"""NAND flash: pages and channels by hand, stated currents against assumed ones, and arrays in the fields."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bitline.costs import flash
from bitline.costs.memory import bandwidth_bytes_per_s, bit_energy, memory_parts
from bitline.errors import ConfigError
from bitline.hardware import Flash, Memory, Technology
from bitline.hardware.library import part
from bitline.hardware.schema import value_of

AT_22 = Technology(node_nm=22)
S = Flash(page_bytes=16384, spare_bytes=1664, planes=2, dies=4, channels=8, channel_bytes_per_s=1e9, read_s=30e-6)


def test_channels_bound_the_smaller_platform_and_planes_a_slow_die() -> None:
    assert flash.bandwidth_bytes_per_s(S).typical == pytest.approx(8e9 * 16384 / 18048)
    slow = replace(S, read_s=300e-6)
    assert flash.bandwidth_bytes_per_s(slow).typical == pytest.approx(8 * 4 * 2 * 16384 / 300e-6)
    assert flash.bandwidth_bytes_per_s(S, write=True).typical < flash.bandwidth_bytes_per_s(S).typical


def test_a_page_waits_for_its_register_and_its_channel() -> None:
    assert flash.read_time(S).typical == pytest.approx(30e-6 + 18048 / 1e9)


def test_stated_currents_win_and_are_no_guess() -> None:
    stated = replace(S, supply_v=2.5, read_a=20e-3)
    figure = flash.read_energy(stated)
    assert figure.typical == pytest.approx(2.5 * 20e-3 * 30e-6 / 2)
    assert figure.origin == "stated"
    guess = flash.read_energy(S)
    assert guess.origin == "assumed"
    assert "[recalled]" in guess.source
    assert guess.low is not None
    assert guess.high is not None
    assert guess.low < guess.typical < guess.high


def test_a_written_bit_pays_for_erasing_its_share_of_a_block() -> None:
    part_of_block = replace(S, program_s=600e-6, erase_s=3e-3, pages_per_block=1)
    whole = replace(part_of_block, pages_per_block=10**9)
    more = flash.bit_energy(part_of_block, write=True).typical - flash.bit_energy(whole, write=True).typical
    assert more == pytest.approx(flash.erase_energy(S).typical / (8 * 16384), rel=1e-6)


def test_order_of_magnitude() -> None:
    assert 5e-12 < flash.bit_energy(S, write=False).typical < 50e-12
    assert 50e-12 < flash.bit_energy(S, write=True).typical < 5e-9
    told = 60e-3 * 3.0 * 3e-3 / (8 * 16384)  # programming a page of 16 KiB, as a user of such a part reports it
    worst = flash.bit_energy(replace(S, planes=1), write=True).high
    assert worst is not None
    assert worst == pytest.approx(told, rel=0.5)


def test_a_flash_is_a_memory_of_the_description() -> None:
    tree = {"capacity_bytes": 1e11} | dict(part("memory", "nand-cambricon").fields.tree)
    memory, problems = value_of(Memory, tree)
    assert not problems
    assert memory.flash == S
    assert bandwidth_bytes_per_s("store", memory, AT_22).typical == flash.bandwidth_bytes_per_s(S).typical
    reading, writing = memory_parts("store", memory, AT_22)
    assert reading.energy_j.typical < writing.energy_j.typical
    assert reading.leakage_w.origin == "ideal"
    with pytest.raises(ConfigError, match=r"memories\.store\.flash is missing"):
        bit_energy("store", replace(memory, flash=None), AT_22, write=False)


def test_fields_may_be_arrays() -> None:
    swept = replace(S, read_s=np.array([20e-6, 30e-6, 3e-3]), dies=np.array([1, 4, 4]))  # type: ignore[arg-type]
    rates = np.asarray(flash.bandwidth_bytes_per_s(swept).typical)
    for i, (read_s, dies) in enumerate(((20e-6, 1), (30e-6, 4), (3e-3, 4))):
        assert rates[i] == flash.bandwidth_bytes_per_s(replace(S, read_s=read_s, dies=dies)).typical
    assert np.shape(flash.bit_energy(swept, write=False).typical) == (3,)
