"""Drivers of wordlines and, for pulses of several bits, their converters."""

from __future__ import annotations

from bitline.costs.cells import LINE_LOAD_FARAD_PER_M
from bitline.costs.technology import scaled_area, scaled_energy, supply_v
from bitline.costs.wire import FARAD_PER_M
from bitline.hardware.activity import USUAL, Activity
from bitline.hardware.chip import Technology
from bitline.hardware.converter import Dac
from bitline.hardware.figure import NOTHING, Figure, stated_or

CONVERTER_FARAD_PER_BIT = 50e-15
"""ZigZag's DAC at 28 nm: 50 fF per bit, none for a single bit [stated]."""


def pulse_energy(
    dac: Dac, *, columns: int, pitch_m: float, bits: int, technology: Technology, activity: Activity = USUAL
) -> Figure:
    """Joule per pulse on a wordline that passes `columns` cells.

    Only wordlines that carry something are charged; a converter of several bits works for every code. Low: the wire
    alone. High: the one-bit row driver of ISAAC, 0.4167 pJ per use of 128 columns at 32 nm.
    """
    if dac.energy_per_pulse_j is not None:
        return stated_or(dac.energy_per_pulse_j, NOTHING)
    square = supply_v(technology) ** 2
    wire_j = columns * pitch_m * FARAD_PER_M * square * activity.drive_fraction
    cells_j = columns * LINE_LOAD_FARAD_PER_M * technology.node_nm * 1e-9 * square * activity.drive_fraction
    converter_j = CONVERTER_FARAD_PER_BIT * bits * square if bits > 1 else 0.0
    isaac = scaled_energy(0.4167e-12 * columns / 128, 32, technology, "ISAAC")
    typical = wire_j + cells_j + converter_j
    source = (
        "wordline of 0.35 fF per cell and 0.2 fF/um, converter 50 fF per bit, ZigZag [stated]; high: ISAAC [stated]"
    )
    return Figure(typical, source, "modelled", wire_j + converter_j, max(typical, isaac.typical + converter_j))


def area(dac: Dac, bits: int, technology: Technology) -> Figure:
    """Square metres of one driver: between ISAAC's 1-bit and BRAHMS' 8-bit one, geometrically."""
    if dac.area_m2 is not None:
        return stated_or(dac.area_m2, NOTHING)
    one = scaled_area(0.166e-12, 32, technology, "ISAAC 1-bit driver [stated]")
    eight = scaled_area(438e-12, 40, technology, "BRAHMS 8-bit DAC [stated]")
    typical = one.typical * (eight.typical / one.typical) ** ((bits - 1) / 7)
    return Figure(typical, f"{one.source}, {eight.source}, geometric between [assumption]")


def leakage(dac: Dac) -> Figure:
    """Watt of one driver at rest: stated, or not counted."""
    return stated_or(dac.leakage_w, Figure(0.0, "driver leakage not stated: not counted", "ideal"))
