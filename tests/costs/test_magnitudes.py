"""Orders of magnitude: no part of the library is off by a thousand. One row for each: add yours.

The bounds come from elsewhere than the model: published chips, data sheets, rules of thumb, or a hand calculation.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bitline.costs import (
    digital,
    edram,
    gates,
    leakage,
    mac,
    registers,
    shift_add,
    special,
    sram,
    technology,
    vector,
    wire,
)
from bitline.costs.technology import ends
from bitline.hardware import Figure, Technology

AT = {node: Technology(node_nm=node) for node in (3, 5, 7, 16, 22, 28, 32, 40, 45, 65, 130)}
KIB, MM2, UM2 = 1024, 1e-6, 1e-12

Row = tuple[str, Callable[[], Figure], float, float, str, str]
ROWS: list[Row] = [
    # (what, call, low, high, unit, reason for the bounds)
    ("int8 product, 45 nm", lambda: digital.energy("multiply", "integer", 8, AT[45]), 100e-15, 400e-15, "J",
     "Horowitz 0.2 pJ; RAELLA and Sze 0.2 to 0.25 pJ at 40 nm"),
    ("int8 product, 7 nm", lambda: digital.energy("multiply", "integer", 8, AT[7]), 30e-15, 150e-15, "J",
     "Jouppi 0.07 pJ"),
    ("int8 product, 130 nm", lambda: digital.energy("multiply", "integer", 8, AT[130]), 0.8e-12, 3e-12, "J",
     "(130/45)^2 of capacitance and supply, and more: 4 to 14 times"),
    ("int8 addition, 45 nm", lambda: digital.energy("add", "integer", 8, AT[45]), 15e-15, 60e-15, "J",
     "Horowitz 0.03 pJ"),
    ("int32 product, 45 nm", lambda: digital.energy("multiply", "integer", 32, AT[45]), 1.5e-12, 13e-12, "J",
     "Horowitz 3.1 pJ, Aladdin 12.7 pJ at 40 nm"),
    ("half-precision product, 45 nm", lambda: digital.energy("multiply", "floating", 16, AT[45]), 0.5e-12, 2.2e-12,
     "J", "Horowitz 1.1 pJ"),
    ("half-precision product, 3 nm", lambda: digital.energy("multiply", "floating", 16, AT[3]), 50e-15, 340e-15, "J",
     "below Jouppi's 0.34 pJ at 7 nm, not by more than seven times"),
    ("int8 multiply-accumulate, 28 nm", lambda: mac.integer_energy(8, 8, AT[28]), 0.1e-12, 0.8e-12, "J",
     "product 0.15 pJ, 32-bit sum 0.07 pJ, two bytes of register"),
    ("int8 multiply-accumulate, area, 28 nm", lambda: mac.area(8, 8, AT[28]), 100 * UM2, 1000 * UM2, "m2",
     "64 full adders and 44 flip-flops of 4 to 5 um2 make 450 um2"),
    ("int32 multiplier, area, 40 nm", lambda: digital.multiplier_area(32, AT[40]), 2000 * UM2, 12000 * UM2, "m2",
     "a thousand full adders of 5 to 10 um2; Aladdin 6350 um2"),
    ("full adder, 28 nm", lambda: gates.energy(AT[28], adders=1), 1e-15, 10e-15, "J", "4 fF at 0.9 V: 3.4 fJ"),
    ("flip-flop, area, 28 nm", lambda: gates.area(AT[28], flip_flops=1), 2 * UM2, 8 * UM2, "m2",
     "library cells of some 3 um2"),
    ("8-bit ripple addition, time, 28 nm", lambda: gates.addition_time(8, AT[28]), 0.2e-9, 1.6e-9, "s",
     "16 gates of 48 ps"),
    ("tree of 64 bytes, time, 28 nm", lambda: gates.tree_time(64, 8, AT[28]), 1e-9, 6e-9, "s",
     "digital macros of 28 nm run at 200 to 330 MHz with such trees"),
    ("tree of 64 bytes, energy a bit-serial cycle, 28 nm",
     lambda: gates.energy(AT[28], adders=gates.tree_adders(64, 8)).times(0.5), 0.3e-12, 2e-12, "J",
     "560 full adders, half of 3.4 fJ each: 1 pJ"),
    ("4-bit product and tree of 256, 22 nm at 0.72 V",
     lambda: gates.energy(Technology(node_nm=22, supply_v=0.72), adders=4 * gates.tree_adders(256, 4) / 256,
                          products=16).times(0.5), 10e-15, 45e-15, "J", "Chih et al., ISSCC 2021: 22.5 fJ in all"),
    ("register bit, 40 nm", lambda: registers.energy(AT[40]), 2e-15, 35e-15, "J",
     "flip-flop with clock 2 fJ, register file 31 fJ"),
    ("register bit, area, 40 nm", lambda: registers.area(1, AT[40]), 3 * UM2, 12 * UM2, "m2", "6 um2 in Aladdin"),
    ("16-bit shift-add, 32 nm", lambda: shift_add.energy(16, AT[32]), 20e-15, 500e-15, "J",
     "ISAAC 21 fJ; Jia 2.25 pJ at 65 nm and 1.2 V"),
    ("16-bit shift-add, area, 32 nm", lambda: shift_add.area(16, AT[32]), 60 * UM2, 1500 * UM2, "m2",
     "ISAAC 60 um2; Jia 5000 um2 at 65 nm"),
    ("a millimetre of wire, a bit, 40 nm", lambda: wire.bit_energy(1e-3, AT[40]), 50e-15, 400e-15, "J",
     "200 fF at 1 V, a quarter of the bits charge: 50 fJ; Keckler 240 fJ"),
    ("a millimetre of wire, a bit, 7 nm", lambda: wire.bit_energy(1e-3, AT[7]), 20e-15, 200e-15, "J",
     "200 fF at 0.7 V: 25 to 100 fJ"),
    ("32 KiB SRAM, 64 bits read, 45 nm", lambda: sram.bit_energy("read_j", 32 * KIB, 64, AT[45]).times(64), 5e-12,
     25e-12, "J", "Horowitz's cache of that size: 20 pJ"),
    ("1 MiB SRAM, 64 bits read, 22 nm", lambda: sram.bit_energy("read_j", 1024 * KIB, 64, AT[22]).times(64), 5e-12,
     60e-12, "J", "CACTI 23 pJ; Horowitz 100 pJ at 45 nm, Jouppi 14 pJ at 7 nm"),
    ("1 MiB SRAM, 64 bits written, 65 nm", lambda: sram.bit_energy("write_j", 1024 * KIB, 64, AT[65]).times(64), 50e-12,
     400e-12, "J", "above 45 nm's 100 pJ of Horowitz"),
    ("1 MiB SRAM, area, 28 nm", lambda: sram.area(1024 * KIB, 64, AT[28]), 1.0 * MM2, 4.0 * MM2, "m2",
     "8.4 Mb of cells of 0.127 um2 make 1.07 mm2"),
    ("1 MiB SRAM, area, 5 nm", lambda: sram.area(1024 * KIB, 64, AT[5]), 0.18 * MM2, 0.5 * MM2, "m2",
     "8.4 Mb of cells of 0.021 um2 make 0.18 mm2"),
    ("1 MiB SRAM, leakage, 28 nm", lambda: sram.leakage(1024 * KIB, 64, AT[28]), 10e-6, 2e-3, "W",
     "8.4 M cells of 1 to 200 pA"),
    ("32 KiB SRAM, access, 45 nm", lambda: sram.access_time(32 * KIB, 64, AT[45]), 0.4e-9, 3e-9, "s",
     "first-level caches take a cycle or two of 1 to 3 GHz, low-leakage ones longer"),
    ("8 MiB SRAM, access, 7 nm", lambda: sram.access_time(8192 * KIB, 256, AT[7]), 0.5e-9, 10e-9, "s",
     "last-level slices take ten cycles and more"),
    ("ISAAC's eDRAM, a bit, 32 nm", lambda: edram.bit_energy(64 * KIB, AT[32]), 50e-15, 3e-12, "J",
     "80 fJ there, 2.6 pJ for gain cells"),
    ("a megabyte of eDRAM, area, 32 nm", lambda: edram.area(1024 * KIB, AT[32]), 0.4 * MM2, 3 * MM2, "m2",
     "cells of 0.04 to 0.2 um2"),
    ("a megabyte of eDRAM, leakage, 32 nm", lambda: edram.leakage(1024 * KIB, AT[32]), 1e-3, 30e-3, "W",
     "sixteen times 0.46 mW"),
    ("a mm2 of logic, leakage, 28 nm", lambda: leakage.leakage(MM2, AT[28]), 0.3e-3, 30e-3, "W",
     "2 M gates of 0.2 to 10 nW"),
    ("a mm2 of logic, leakage, 7 nm", lambda: leakage.leakage(MM2, AT[7]), 0.5e-3, 50e-3, "W",
     "processors of 100 mm2 rest at a tenth to a few watt"),
    ("exponential in half precision, 22 nm", lambda: special.energy("exp", "taylor", 16, AT[22]), 1e-12, 20e-12, "J",
     "ten operations of 0.3 to 1 pJ"),
    ("exponential by table, 22 nm", lambda: special.energy("exp", "table", 16, AT[22]), 0.5e-12, 8e-12, "J",
     "four operations of 0.3 to 1 pJ"),
    ("reciprocal by CORDIC, 22 nm", lambda: special.energy("reciprocal", "cordic", 16, AT[22]), 0.3e-12, 8e-12, "J",
     "two dozen 16-bit additions of 20 to 100 fJ, registers too"),
    ("lane operation, half precision, 22 nm", lambda: vector.energy_per_operation(16, AT[22]), 0.3e-12, 3e-12, "J",
     "0.4 and 1.1 pJ at 45 nm, registers come on top"),
    ("lane, area, 32 nm", lambda: vector.lane_area(16, AT[32]), 500 * UM2, 10000 * UM2, "m2",
     "PUMA's vector unit 4030 um2 at 32 nm"),
    ("45 to 7 nm, energy", lambda: technology.energy_scale(45, AT[7]), 0.2, 0.45, "1",
     "Horowitz to Jouppi: 0.23 to 0.40"),
    ("45 to 7 nm, area", lambda: technology.area_scale(45, 7), 1 / 40, 1 / 10, "1", "(7/45)^2 is 1/41; foundries less"),
    ("45 to 7 nm, delay", lambda: technology.latency_scale(45, AT[7]), 0.1, 0.5, "1", "linear in node: 0.16"),
    ("65 to 130 nm, energy", lambda: technology.energy_scale(65, AT[130]), 2, 5, "1",
     "twice the load, 1.2 times the supply"),
    ("0.5 V at 28 nm, delay", lambda: technology.supply_delay(Technology(node_nm=28, supply_v=0.5)), 1.5, 8, "1",
     "near-threshold designs run three to five times slower"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "call", "low", "high", "unit", "reason"), ROWS, ids=[row[0] for row in ROWS])
def test_magnitude(what: str, call: Callable[[], Figure], low: float, high: float, unit: str, reason: str) -> None:
    figure = call()
    assert low <= figure.typical <= high, f"{what}: {figure.typical:.3g} {unit} is not in {low:g}..{high:g}: {reason}"
    least, most = ends(figure)
    assert least <= figure.typical * (1 + 1e-9) <= most * (1 + 2e-9), f"{what}: typical outside its envelope"
    assert figure.source
