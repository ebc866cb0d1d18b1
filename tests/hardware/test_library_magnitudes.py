"""Every number of every part lies in a band that is narrower than a factor of 1000, so that none can be off by one.

Three other tools ship a constant that is. Units say what a number is, bands what it can be: each line below names the
quantities it is about, by folder, what the part is (its kind, technology or name) and path, and why they are there and
nowhere else. The first line that fits decides. Left out: coefficients of laws and times of tables, whose size is that
of the unit beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

import pytest

from bitline.engines.component import Component
from bitline.engines.kinds import engine_kinds
from bitline.hardware import Adc, Array, Cell, Dac, Engine, Link, Memory
from bitline.hardware.document import Document
from bitline.hardware.library import folder_of, folders, part_names
from bitline.hardware.using import with_parts

FACTOR = 1000
BLOCKS = {folder_of(block): block for block in (Adc, Array, Cell, Component, Dac, Link, Memory)}
BEGINNINGS = ("roofline", "eager", "llm-viewer", "llm-viewer-flash", "llm-viewer-opt", "genz", "llmcompass", "attacc")
"""Shares, starts of kernels and conventions, of no board."""
SKIPPED = (
    "*.coefficients.*", "*.pieces.*", "*.seconds", "adc:*:high.*", "adc:*:inl_codes.*",
    *(f"gpu:{name}:*" for name in BEGINNINGS),
)  # fmt: skip
BOARDS = "memory:board:"

BANDS: tuple[tuple[str, float, float, str], ...] = (
    # converters
    ("adc:*:bits", 1, 14, "resolution of converters in arrays"),
    ("adc:*:per_array", 1, 512, "no more than columns"),
    (
        "adc:*:energy_per_conversion_j",
        20e-15,
        15e-12,
        "survey: 4 to 10 effective bits, its best to ten times its median",
    ),
    ("adc:*:area_m2", 50e-12, 2e-8, "survey: 50 to 20 000 um2"),
    ("adc:sar:rate_hz", 4e6, 3e9, "a conversion in a read of an array, or shared by some hundred columns"),
    ("adc:time:rate_hz", 1e6, 9e8, "counted in time: tens of nanoseconds to a microsecond"),
    ("adc:ramp:rate_hz", 1e4, 5e6, "one step of the ramp per code"),
    ("adc:*:leakage_w", 1e-5, 2e-3, "a tenth of a conversion's power"),
    ("adc:*:*_codes", 0.05, 8, "noise and offset of a few codes"),
    ("adc:*:gain_spread_fraction", 1e-3, 0.3, "share of 1"),
    ("dac:*-1b:area_m2", 0.05e-12, 5e-12, "a driver of one bit: an inverter with its gate"),
    ("dac:*-?b:area_m2", 20e-12, 5e-9, "a converter of several bits"),
    ("dac:*:energy_per_pulse_j", 1e-15, 0.9e-12, "a wordline of 100 fF at 0.1 V to several bits at 1 V"),
    ("dac:*:leakage_w", 1e-8, 5e-6, "a driver of a row"),
    # arrays and cells
    ("array:*:rows", 16, 8192, "wordlines of one array"),
    ("array:*:columns", 16, 8192, "bitlines of one array"),
    ("array:*:read_s", 2e-9, 1e-6, "a read of one array"),
    ("cell:*:area_f2", 3.5, 2000, "from a crossing of two lines to ten transistors with a capacitor"),
    ("cell:*:bits", 1, 8, "levels that are told apart"),
    ("cell:*:capacitance_farad", 0.1e-15, 50e-15, "one cell on its line"),
    ("cell:*:g_max_siemens", 1.2e-6, 1.1e-3, "1 kohm to 800 kohm"),
    ("cell:flash:on_off_ratio", 1e5, 9e7, "a transistor below its threshold"),
    ("cell:*:on_off_ratio", 1.5, 1.2e3, "resistive cells"),
    ("cell:*:read_voltage_v", 0.02, 1.5, "low enough not to write"),
    ("cell:*:read_energy_j", 0.1e-15, 50e-15, "lines of an SRAM cell charged and discharged"),
    ("cell:sram*:write.energy_j", 0.1e-15, 50e-15, "lines of an SRAM cell charged and discharged"),
    ("cell:*:write.energy_j", 20e-15, 15e-12, "a pulse of volts and microampere to milliampere for nanoseconds"),
    ("cell:sram*:write.pulse_s", 0.1e-9, 10e-9, "one cycle"),
    ("cell:flash:write.pulse_s", 1e-6, 0.9e-3, "tunnelling"),
    ("cell:reram:write.pulse_s", 2e-9, 1.9e-6, "filament"),
    ("cell:*:write.pulse_s", 1e-9, 0.9e-6, "phase change, magnets, ferroelectrics"),
    ("cell:*:write.pulses", 1, 100, "write and verify"),
    ("cell:*:write.verify_s", 1e-8, 9e-6, "a read after a pulse"),
    ("cell:*:write.voltage_v", 0.5, 15, "transistors and tunnels"),
    ("cell:*:write.parallel_cells", 8, 1024, "on one row"),
    ("cell:flash:endurance_writes", 3e3, 1e6, "floating gates"),
    ("cell:pcm:endurance_writes", 1e5, 9e7, "phase change"),
    ("cell:reram:endurance_writes", 1e5, 9e7, "filaments"),
    ("cell:fecap:endurance_writes", 1e7, 9e9, "ferroelectric capacitors"),
    ("cell:fefet:endurance_writes", 1e10, 9e12, "what is claimed of ferroelectric transistors"),
    ("cell:stt-mram:endurance_writes", 1e10, 9e12, "magnets"),
    ("cell:*:drift.*since_s", 1, 900, "seconds after programming"),
    ("cell:*:drift.leak.tau_s", 1e-4, 9e-2, "a cell of two or three transistors holds its charge for milliseconds"),
    ("cell:*:drift.leak.per_token_fraction", 1e-5, 9e-3, "microseconds of milliseconds"),
    ("cell:*:drift.leak.rest_fraction", 5e-3, 1, "share of 1"),
    ("cell:*:drift.logarithmic.*siemens", 1e-9, 0.9e-6, "below a conductance"),
    ("cell:*:*.flicker.read_s", 1e-8, 9e-6, "one read"),
    ("cell:*:*.flicker.since_s", 1, 900, "seconds after programming"),
    ("cell:*:*.law.*_siemens", 5e-9, 4e-6, "unit of a law: a hundredth of a microsiemens to one"),
    ("cell:*:*.law.*_fraction", 2e-3, 1, "unit of a law: share of a range"),
    ("cell:*:*.sigma_fraction", 1e-3, 0.5, "share of a range"),
    ("cell:*:*.states_fraction.*", 1e-3, 0.5, "share of a range"),
    ("cell:*:*.within_sigmas", 0.5, 6, "tails of a bell"),
    ("cell:*:temperature.activation_ev", 0.05, 5, "barriers"),
    # digital parts
    ("component:sample-hold*:energy_j", 0.1e-15, 90e-15, "a capacitor that holds eight bits against its noise"),
    ("component:sample-hold*:area_m2", 1e-14, 9e-12, "a switch and a capacitor"),
    ("component:shift-add*:energy_j", 5e-15, 4.5e-12, "an addition of 8 to 32 bits and a register"),
    ("component:shift-add*:area_m2", 10e-12, 9e-9, "an addition of 8 to 32 bits and a register"),
    ("component:mac*:energy_j", 10e-15, 9e-12, "a product of 8 to 32 bits and its addition"),
    ("component:*:leakage_w", 1e-7, 9e-5, "a few hundred gates"),
    # boards
    ("gpu:*:board_power_w", 3, 2500, "what a board can be cooled of"),
    ("gpu:gtx-1060:dense_macs_per_s.fp16", 5e9, 3e11, "a 64th of its fp32"),
    ("gpu:gtx-1060:dense_macs_per_s.*", 1e11, 9e13, "a board without matrix units"),
    ("gpu:jetson-*:dense_macs_per_s.*", 1e11, 9e13, "a board without matrix units"),
    ("gpu:i9-*:dense_macs_per_s.*", 1e11, 9e13, "a processor with vector units"),
    ("gpu:*:dense_macs_per_s.*", 1e13, 9e15, "matrix units: 20 to 18 000 TFLOP/s"),
    ("gpu:*:*_efficiency_fraction", 0.05, 1, "share of a peak"),
    ("gpu:*:bits", 8, 64, "width of arithmetic"),
    ("gpu:*:mac.area_m2", 2e-5, 2e-3, "a die"),
    # links
    ("link:on_chip:energy_per_bit_j", 5e-15, 2e-12, "a millimetre or two of wire, a router"),
    ("link:on_package:energy_per_bit_j", 50e-15, 5e-12, "millimetres to centimetres of interposer or substrate"),
    ("link:off_chip:energy_per_bit_j", 0.5e-12, 450e-12, "boards: serialisers 1 to 30 pJ, a slow link 200"),
    ("link:on_chip:area_m2", 1e-9, 5e-7, "router, or lines of a bus"),
    ("link:off_chip:area_m2", 1e-6, 1e-4, "pins and their circuits"),
    ("link:*:bandwidth_bytes_per_s", 5e8, 1e11, "one link"),
    ("link:*:latency_s", 5e-10, 1e-7, "one hop"),
    ("*:*:energy_envelope.low", 5e-3, 1, "other sources, over the stated one"),
    ("*:*:energy_envelope.high", 1, 10, "other sources, over the stated one"),
    # memories
    (BOARDS + "capacity_bytes", 1e9, 9e11, "a board"),
    (BOARDS + "bandwidth_bytes_per_s", 1.3e10, 1.2e13, "a board: 25 GB/s to 8 TB/s"),
    ("dram_pim:*:banks", 4, 256, "of a channel"),
    ("dram_pim:*:bits", 4, 32, "a value"),
    ("dram_pim:*:*_s", 1e-9, 9e-7, "a row opened, or read into a buffer"),
    ("dram_pim:*:column_energy_j", 2e-10, 9e-8, "a column of 16 to 32 banks"),
    ("dram_pim:*:mac.energy_j", 10e-15, 9e-12, "a product of 8 to 32 bits and its addition"),
    ("dram_pim:*", 1, 64, "ranks, multipliers of a bank, banks opened together, column reads"),
    ("memory:edram:capacity_bytes", 4e3, 2e6, "a buffer of a tile"),
    ("memory:dram:capacity_bytes", 2.5e8, 6e10, "a device, a channel or a stack"),
    ("memory:flash:capacity_bytes", 3e7, 2e10, "an early die"),
    ("memory:edram:bandwidth_bytes_per_s", 1e9, 9e11, "a word per cycle"),
    ("memory:dram:bandwidth_bytes_per_s", 1e9, 9e11, "a device, a channel or a stack"),
    ("memory:edram:*_energy_per_bit_j", 10e-15, 9e-12, "a bit of a row on the chip"),
    ("memory:dram:*_energy_per_bit_j", 1e-12, 40e-12, "2 pJ in a stack to 21 on a board"),
    ("memory:edram:area_m2", 5e-9, 2e-6, "64 KiB to 1 Mbit"),
    ("memory:edram:leakage_w", 1e-5, 9e-3, "64 KiB to 1 Mbit"),
    ("memory:*:latency_s", 2e-10, 1e-7, "an access"),
    ("memory:*:count", 1, 64, "devices of a rank"),
    ("memory:*:word_bits", 8, 4096, "an access"),
    ("memory:*:dram.row_bytes", 256, 16384, "a page of one bank"),
    ("memory:*:dram.burst_bytes", 4, 128, "a column access"),
    ("memory:*:dram.rows", 4096, 1e6, "of one bank"),
    ("memory:*:dram.bank*", 1, 32, "banks and their groups"),
    ("memory:*:dram.channels", 1, 64, "of a device or stack"),
    ("memory:*:dram.ranks", 1, 8, "that share a channel"),
    ("memory:*:dram.timing.clock_s", 1e-10, 5e-9, "0.2 to 10 GHz"),
    ("memory:*:dram.timing.trefi_s", 1e-6, 2e-5, "8192 refreshes in 16 to 64 ms, and oftener"),
    ("memory:*:dram.timing.trfc*", 2e-8, 2e-6, "a refresh of one or all banks"),
    ("memory:*:dram.timing.tccd*", 3e-10, 3e-8, "between columns"),
    ("memory:*:dram.timing.burst_s", 3e-10, 3e-8, "a column access"),
    ("memory:*:dram.timing.*", 1e-9, 2e-7, "nanoseconds to tens of them: cells, lines and pins"),
    ("memory:*:dram.currents.supply_v", 0.4, 3.5, "a core"),
    ("memory:*:dram.currents.*_a", 5e-3, 2, "ten milliampere to an ampere"),
    ("memory:*:dram.energy.activation_j", 100e-12, 20e-9, "a thousand to sixteen thousand bits of 0.1 to 1 pF lines"),
    ("memory:*:dram.energy.*_per_bit_j", 0.1e-12, 20e-12, "column, pins"),
    ("memory:*:dram.energy.*_w", 5e-3, 2, "a channel that stands by"),
    ("memory:*:flash.page_bytes", 512, 65536, "a page of one plane"),
    ("memory:*:flash.spare_bytes", 8, 4096, "beside a page"),
    ("memory:*:flash.pages_per_block", 16, 4096, "a block"),
    ("memory:*:flash.channel_bytes_per_s", 1e7, 8e9, "eight pins at 10 to 8000 MT/s"),
    ("memory:*:flash.read_s", 1e-6, 4e-4, "a page"),
    ("memory:*:flash.program_s", 5e-5, 5e-3, "a page"),
    ("memory:*:flash.erase_s", 5e-4, 5e-2, "a block"),
    ("memory:*:flash.supply_v", 1.1, 5.5, "a core"),
    ("memory:*:flash.endurance_writes", 3e2, 2e5, "erasures of a block"),
    ("memory:*:flash.*", 1, 64, "planes, dies and channels"),
)


@dataclass(frozen=True)
class Number:
    """One number of one part."""

    place: str
    """folder:what:path, as patterns of bands name it."""
    part: str
    value: float


def _complete(folder: str, name: str) -> dict[str, Any]:
    block = Engine if folder in engine_kinds() else BLOCKS[folder]
    return dict(with_parts(Document(tree={"use": name}), block, engine_kinds()).tree)


def _what(folder: str, name: str, tree: dict[str, Any]) -> tuple[str, ...]:
    """Name what a part is, narrowest first."""
    level = ("board",) if tree.get("energy_level") == "board" else ()
    kind = () if level or folder == "gpu" else (str(tree.get("kind") or tree.get("technology") or ""),)
    return (name, *level, *kind)


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, float]]:
    if isinstance(tree, dict):
        for key, below in tree.items():
            if key != "provenance":
                yield from _leaves(below, (*path, str(key)))
    elif isinstance(tree, list):
        for below in tree:
            yield from _leaves(below, (*path, "item"))
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield ".".join(path), tree


def numbers_of(folder: str, name: str) -> list[tuple[tuple[str, ...], Number]]:
    tree = _complete(folder, name)
    found = []
    for path, value in _leaves(tree):
        places = tuple(f"{folder}:{what}:{path}" for what in _what(folder, name, tree))
        given_away = value == 0 and tree.get("energy_level") == "board"
        if not given_away and not any(fnmatch(place, left_out) for place in places for left_out in SKIPPED):
            found.append((places, Number(place=places[-1], part=name, value=value)))
    return found


def band_of(places: tuple[str, ...]) -> tuple[float, float, str]:
    for pattern, low, high, why in BANDS:
        if any(fnmatch(place, pattern) for place in places):
            return low, high, why
    raise AssertionError(f"no band says what {places[-1]} can be")


EVERYTHING = [(folder, name) for folder in folders() for name in part_names(folder)]


def test_no_band_is_as_wide_as_the_mistake_it_is_there_for() -> None:
    for pattern, low, high, why in BANDS:
        assert 0 < low < high < FACTOR * low, pattern
        assert len(why) > 4, pattern


@pytest.mark.parametrize(("folder", "name"), EVERYTHING)
def test_every_number_of_a_part_is_what_it_can_be(folder: str, name: str) -> None:
    for places, number in numbers_of(folder, name):
        low, high, why = band_of(places)
        size = abs(number.value)
        assert low <= size <= high, f"{number.place} of {name} = {size:g} is outside {low:g} to {high:g}: {why}"


@pytest.mark.parametrize(("folder", "name"), EVERYTHING)
def test_a_number_off_by_a_thousand_is_refused(folder: str, name: str) -> None:
    for places, number in numbers_of(folder, name):
        low, high, _ = band_of(places)
        for off in (FACTOR, 1 / FACTOR):
            assert not low <= abs(number.value) * off <= high, number.place


def test_every_band_is_about_something() -> None:
    found = [places for folder, name in EVERYTHING for places, _ in numbers_of(folder, name)]
    for pattern, *_ in BANDS:
        assert any(fnmatch(place, pattern) for places in found for place in places), pattern


def test_only_boards_whose_power_is_charged_as_a_whole_give_anything_away() -> None:
    for folder, name in EVERYTHING:
        tree = _complete(folder, name)
        if folder == "memory" and any(value == 0 for _, value in _leaves(tree)):
            assert tree["energy_level"] == "board"
            assert name in part_names("gpu")
