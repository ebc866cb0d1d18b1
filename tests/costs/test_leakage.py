"""Leakage by area: CACTI's own rows, published units inside the envelope, the laws of supply and temperature."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from bitline.costs.leakage import HIGH_PERFORMANCE_W_PER_M2, density, leakage, leaking, supply_leakage
from bitline.costs.technology import ends
from bitline.hardware import Figure, Technology
from bitline.hardware.engine import Part


def test_every_row_of_the_sweep_leaks_by_its_area(shared: Path) -> None:
    ratios = []
    with (shared / "data" / "cacti" / "sram_cacti7.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            ours = leakage(1e-6 * float(row["area_mm2"]), Technology(node_nm=float(row["node_nm"])), "sram")
            ratios.append(ours.typical / (1e-3 * float(row["leak_mW"])))
    assert len(ratios) == 92
    assert min(ratios) > 0.5
    assert max(ratios) < 1.9
    assert 0.8 < float(np.median(ratios)) < 1.2


def test_published_units_lie_between_typical_and_high_performance() -> None:
    typical, fastest = density(Technology(node_nm=32)).typical, HIGH_PERFORMANCE_W_PER_M2[1]
    assert typical < 0.005e-3 / 60e-12 < fastest  # PUMA's shift-and-add
    assert typical < 0.192e-3 / 0.00403e-6 < fastest  # its vector lane
    low, high = ends(density(Technology(node_nm=16)))
    assert low < 381e-6 / 131570e-12 < high  # a gain-cell macro, with refresh


def test_logic_leaks_more_than_sram_and_both_more_at_a_higher_supply() -> None:
    for node_nm in (5, 22, 28, 65, 130):
        at = Technology(node_nm=node_nm)
        assert density(at, "sram").typical < density(at, "logic").typical
        assert supply_leakage(Technology(node_nm=node_nm, supply_v=0.5)) < 0.6
    assert supply_leakage(Technology(node_nm=28)) == 1.0


def test_heat_doubles_leakage_every_thirty_kelvin() -> None:
    warm, hot = (density(Technology(node_nm=28, temperature_k=kelvin)).typical for kelvin in (300.0, 360.0))
    assert hot / warm == pytest.approx(4.0)


def test_only_parts_that_say_nothing_leak_by_their_area() -> None:
    at = Technology(node_nm=28)
    silent = Part(name="adder", area_m2=Figure(1e-9, "modelled area", "modelled", 0.5e-9, 2e-9))
    leaks = leaking(silent, at).leakage_w
    assert leaks.typical == pytest.approx(density(at).typical * 1e-9)
    assert ends(leaks) == pytest.approx((ends(density(at))[0] * 0.5e-9, ends(density(at))[1] * 2e-9))
    stated = Part(name="adder", area_m2=silent.area_m2, leakage_w=Figure(1e-3, "stated", "stated"))
    assert leaking(stated, at) == stated
    without_area = Part(name="adder")
    assert leaking(without_area, at) == without_area


def test_arrays_of_nodes_and_areas_broadcast() -> None:
    nodes = np.array([7.0, 28.0, 65.0])
    swept = leakage(np.full(3, 1e-9), Technology(node_nm=nodes))  # type: ignore[arg-type]
    for place, node in enumerate(nodes):
        assert swept.typical[place] == pytest.approx(leakage(1e-9, Technology(node_nm=float(node))).typical)  # type: ignore[index]
