"""Memories and links: CACTI's own points, published macros, the three levels of a DRAM, and what must be stated."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bitline.costs import dram, edram, link, sram
from bitline.costs.memory import bandwidth_bytes_per_s, bit_energy, memory_parts
from bitline.errors import ConfigError
from bitline.hardware import Envelope, Link, Memory, Technology

AT_22, AT_32 = Technology(node_nm=22), Technology(node_nm=32)
KIB = 1024


def test_sram_follows_the_sweep(shared: Path) -> None:
    errors: dict[str, list[float]] = {"read": [], "write": [], "area": [], "access": [], "leakage": []}
    with (shared / "data" / "cacti" / "sram_cacti7.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            at, word, size = (
                Technology(node_nm=float(row["node_nm"])),
                int(row["width_bits"]),
                KIB * float(row["size_KiB"]),
            )
            ours = {
                "read": sram.bit_energy("read_j", size, word, at).typical * word / 1e-12 / float(row["read_pJ"]),
                "write": sram.bit_energy("write_j", size, word, at).typical * word / 1e-12 / float(row["write_pJ"]),
                "area": sram.area(size, word, at).typical / 1e-6 / float(row["area_mm2"]),
                "access": sram.access_time(size, word, at).typical / 1e-9 / float(row["access_ns"]),
                "leakage": sram.leakage(size, word, at).typical / 1e-3 / float(row["leak_mW"]),
            }
            for name, ratio in ours.items():
                errors[name].append(max(ratio, 1 / ratio) - 1)
    assert max(errors["read"]) < 0.8
    assert sorted(errors["read"])[len(errors["read"]) // 2] < 0.12
    assert max(*errors["write"], *errors["area"], *errors["access"], *errors["leakage"]) < 0.30


def test_caches_are_the_high_end_of_sram() -> None:
    figure = sram.bit_energy("read_j", 8 * KIB, 64, Technology(node_nm=45))
    assert figure.high == pytest.approx(10e-12 / 64, rel=0.01)
    assert figure.typical < figure.high


def test_larger_sram_costs_more_also_beyond_the_sweep() -> None:
    sizes = [2.0**e for e in range(9, 28)]
    for node_nm in (5, 14, 28, 40, 90):
        at = Technology(node_nm=node_nm)
        energies = [sram.bit_energy("read_j", s, 256, at).typical for s in sizes]
        areas = [sram.area(s, 256, at).typical for s in sizes]
        assert energies == sorted(energies)
        assert areas == sorted(areas)


def test_edram_is_isaacs() -> None:
    assert edram.bit_energy(65536, AT_32).typical == pytest.approx(20.45e-12 / 256)
    assert edram.area(65536, AT_32).typical == pytest.approx(0.083e-6)


def test_levels_of_a_dram_are_kept_apart() -> None:
    assert dram.bit_energy("hbm2").typical == pytest.approx(3.92e-12)
    assert dram.bit_energy("hbm2", "board").typical == pytest.approx(13.1e-12)
    assert "device level" in dram.bit_energy("hbm2").source
    with pytest.raises(ConfigError, match=r"figures of hbm3: energy_level = 'board' is not one of device"):
        dram.bit_energy("hbm3", "board")


@pytest.mark.parametrize("standard", dram.BIT_J)
def test_every_figure_of_a_standard_lies_within_what_other_sources_say(standard: str) -> None:
    for level, known in dram.BIT_J[standard].items():
        for write in (False, True):
            figure = dram.bit_energy(standard, level, write=write)
            assert known.low_j <= figure.typical <= known.high_j
            assert (figure.origin == "assumed") == ("[assumption]" in known.source.split(";")[0])


def test_an_energy_of_one_level_is_never_taken_for_another() -> None:
    stated = Memory(kind="dram", capacity_bytes=1e9, bandwidth_bytes_per_s=1e9, read_energy_per_bit_j=3.9e-12,
                    stated_level="device", energy_level="board")  # fmt: skip
    with pytest.raises(ConfigError, match=r"memories\.m\.energy_level = 'board' is not one of device"):
        bit_energy("m", stated, AT_22, write=False)
    by_standard = replace(stated, standard="hbm2")
    assert "stated at device level not used" in bit_energy("m", by_standard, AT_22, write=False).source
    assert bit_energy("m", by_standard, AT_22, write=False).typical == pytest.approx(13.1e-12)
    same = replace(by_standard, energy_level="device")
    assert bit_energy("m", same, AT_22, write=False).typical == 3.9e-12


def test_what_other_sources_say_is_the_envelope_of_a_stated_energy() -> None:
    memory = Memory(kind="dram", capacity_bytes=1e9, bandwidth_bytes_per_s=1e9, read_energy_per_bit_j=6e-12,
                    energy_envelope=Envelope(low=0.717, high=1.17))  # fmt: skip
    figure = bit_energy("m", memory, AT_22, write=True)
    assert (figure.low, figure.typical, figure.high) == pytest.approx((4.3e-12, 6e-12, 7.02e-12), rel=1e-3)
    wired = Link(between=("a", "b"), energy_per_bit_j=1e-12, energy_envelope=Envelope(low=0.5, high=2.0))
    assert link.bit_energy(wired, AT_22).high == pytest.approx(2e-12)


def test_an_unknown_standard_names_the_field_and_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"memories\.main\.standard = 'hbm5'.*Nearest: 'hbm"):
        dram.bit_energy("hbm5", where="memories.main.standard")


def test_a_dram_must_state_its_bandwidth_and_standard() -> None:
    bare = Memory(kind="dram", capacity_bytes=1e9, standard="lpddr5")
    with pytest.raises(ConfigError, match=r"memories\.main\.bandwidth_bytes_per_s is missing"):
        bandwidth_bytes_per_s("main", bare, AT_22)
    nameless = Memory(kind="dram", capacity_bytes=1e9, bandwidth_bytes_per_s=1e9)
    with pytest.raises(ConfigError, match=r"memories\.main\.standard is missing"):
        memory_parts("main", nameless, AT_22)


def test_stated_values_of_a_memory_win() -> None:
    stated = Memory(
        kind="sram", capacity_bytes=65536, read_energy_per_bit_j=1e-13, bandwidth_bytes_per_s=1e9, area_m2=1e-8,
        leakage_w=1e-3, count=4,
    )  # fmt: skip
    part, writing = memory_parts("buffer", stated, AT_22)
    assert (part.name, writing.name) == ("memory.buffer", "memory.buffer.write")
    assert part.energy_j.typical == 1e-13
    assert part.latency_s.typical == pytest.approx(1 / (8 * 1e9 * 4))
    assert (part.instances, part.area_m2.typical, part.leakage_w.typical) == (4, 1e-8, 1e-3)
    assert (writing.latency_s.typical, writing.area_m2.typical, writing.leakage_w.typical) == (0, 0, 0)


def test_reading_and_writing_have_their_own_energy() -> None:
    buffer = Memory(kind="sram", capacity_bytes=65536, word_bits=64)
    reading, writing = memory_parts("buffer", buffer, AT_22)
    assert writing.energy_j.typical == sram.bit_energy("write_j", 65536, 64, AT_22).typical
    assert reading.energy_j.typical == sram.bit_energy("read_j", 65536, 64, AT_22).typical
    apart = replace(buffer, read_energy_per_bit_j=1e-13, write_energy_per_bit_j=3e-13)
    assert [part.energy_j.typical for part in memory_parts("buffer", apart, AT_22)] == [1e-13, 3e-13]


def test_an_sram_gives_a_word_per_access() -> None:
    memory = Memory(kind="sram", capacity_bytes=65536, word_bits=256)
    access_s = sram.access_time(65536, 256, AT_22).typical
    assert bandwidth_bytes_per_s("b", memory, AT_22).typical == pytest.approx(32 / access_s)


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("on_chip", 5e-14, 5e-13), ("on_package", 3e-13, 2e-12), ("off_chip", 4e-12, 3e-11)]
)
def test_links_get_dearer_the_further_they_go(kind: str, low: float, high: float) -> None:
    described = Link(between=("a", "b"), kind=kind)  # type: ignore[arg-type]
    assert low < link.bit_energy(described, AT_32).typical < high


def test_a_stated_link_wins() -> None:
    described = Link(between=("a", "b"), energy_per_bit_j=1e-13, bandwidth_bytes_per_s=1e9)
    assert link.bit_energy(described, AT_32).typical == 1e-13
    assert link.bit_time(described).typical == pytest.approx(1 / 8e9)
    assert link.bit_time(Link(between=("a", "b"))).origin == "ideal"


def test_fields_may_be_arrays() -> None:
    rates, energies = np.array([1e9, 2e9]), np.array([1e-12, 3e-12])
    memory = Memory(kind="dram", capacity_bytes=1e9, bandwidth_bytes_per_s=rates, read_energy_per_bit_j=energies,
                    energy_envelope=Envelope(low=0.5, high=2.0))  # type: ignore[arg-type]  # fmt: skip
    reading, writing = memory_parts("m", memory, AT_22)
    assert reading.latency_s.typical == pytest.approx(1 / (8 * rates))
    assert writing.energy_j.high == pytest.approx(2 * energies)
    wired = Link(between=("a", "b"), hops=np.array([1.0, 3.0]), length_m=np.array([1e-3, 2e-3]))  # type: ignore[arg-type]
    assert np.shape(link.bit_energy(wired, AT_22).typical) == (2,)
