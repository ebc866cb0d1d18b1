"""Bare converters: how they grow with bits, and which kind wins where."""

from __future__ import annotations

import pytest

from bitline.costs import adc
from bitline.costs import adc_circuits as circuits
from bitline.hardware import Adc

NODES_NM = (7.0, 28.0, 65.0)
KINDS: tuple[circuits.Kind, ...] = ("flash", "sar", "ramp", "time")


def built(kind, bits: int, *, node_nm: float = 28.0, shared_by: int = 128) -> circuits.Design:
    return adc.design(Adc(kind=kind, bits=bits, per_array=shared_by), node_nm, bits, bits)


def energy_fj(kind, bits, **given) -> float:
    return circuits.energy_j(kind, built(kind, bits, **given)) * 1e15


def area_um2(kind, bits, **given) -> float:
    return circuits.area_m2(kind, built(kind, bits, **given)) * 1e12


def cheapest(price, bits: int, **given) -> str:
    return min(KINDS, key=lambda kind: price(kind, bits, **given))


def energy_by_time(kind, bits, **given) -> float:
    return energy_fj(kind, bits, **given) * circuits.steps(kind, bits)


@pytest.mark.parametrize("node_nm", NODES_NM)
def test_flash_wins_at_few_bits_and_sar_from_five(node_nm):
    assert [cheapest(energy_by_time, b, node_nm=node_nm) for b in range(1, 11)] == ["flash"] * 4 + ["sar"] * 6
    assert cheapest(energy_fj, 1, node_nm=node_nm) == "flash"
    assert {cheapest(energy_fj, b, node_nm=node_nm) for b in range(5, 11)} == {"sar"}


@pytest.mark.parametrize("node_nm", NODES_NM)
def test_a_ramp_that_many_columns_share_is_the_smallest(node_nm):
    assert {cheapest(area_um2, b, node_nm=node_nm, shared_by=128) for b in range(2, 10)} == {"ramp"}
    assert {cheapest(energy_fj, b, node_nm=node_nm, shared_by=128) for b in (2, 3)} == {"ramp"}
    assert "ramp" not in {cheapest(area_um2, b, node_nm=node_nm, shared_by=1) for b in range(1, 11)}


def test_energies_at_28_nm_by_hand():
    # One comparator of 8 gates of 0.7 fF at 0.9 V; then a flip-flop of 3 gates.
    assert energy_fj("sense", 1) == pytest.approx(0.81 * (8 + 3) * 0.7, rel=0.01)
    # Eight steps of 24 gates, and 256 units of 0.53 fF of which a quarter is charged; noise raises the comparator.
    capacitors_ff = 256 * 2.3e-3 * (1e-8 * 3) ** 2 * 256 * 1e15 / 4
    assert energy_fj("sar", 8) == pytest.approx(0.81 * (8 * 24 * 0.7 + capacitors_ff), rel=0.01)
    # 255 comparators with four loads of a pair that matches to a sixth of 1.8 V / 256; 247 adders, half switching.
    pair_ff = 15e-3 * (2e-9 * 6 * 256 / 1.8) ** 2 * 1e15
    comparators_ff = 255 * (8 * 0.7 + 4 * pair_ff)
    assert energy_fj("sense", 8) == pytest.approx(0.81 * (comparators_ff + (247 * 3 + 24) * 0.7), rel=1e-3)
    # A ring of ten gates and two flip-flops, 128 times.
    assert energy_fj("time", 8) == pytest.approx(0.81 * 128 * 16 * 0.7, rel=0.01)


def test_high_resolution_grows_as_noise_and_matching_say():
    assert energy_fj("sar", 13) / energy_fj("sar", 12) == pytest.approx(4.0, rel=0.1)  # noise
    assert energy_fj("flash", 11) / energy_fj("flash", 10) == pytest.approx(8.0, rel=0.1)  # matching of 2**b pairs
    assert energy_fj("time", 11) / energy_fj("time", 10) == pytest.approx(2.0, rel=1e-9)  # counts


def test_conversions_take_one_step_or_one_per_bit_or_one_per_code():
    assert [circuits.steps(kind, 8) for kind in ("flash", "sense", "sar", "ramp", "time")] == [2, 2, 9, 257, 257]


def test_a_sar_converter_of_8_bits_takes_less_bare_than_the_best_published():
    published_j, _, _ = adc.survey.energies_j(7.3, 28.0, 1.0)
    published_m2, _, _ = adc.survey.areas_m2(7.3, 28.0)
    assert 0.1 < energy_fj("sar", 8) * 1e-15 / published_j < 1
    assert 0.1 < area_um2("sar", 8) * 1e-12 / published_m2 < 1
