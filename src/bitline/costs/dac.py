"""Drivers of wordlines and, for pulses of several bits, their converters."""

from __future__ import annotations

import numpy as np

from bitline.costs import lines
from bitline.costs.technology import scaled_area, scaled_energy, supply_v
from bitline.hardware.activity import USUAL, Activity
from bitline.hardware.chip import Technology
from bitline.hardware.converter import Dac
from bitline.hardware.figure import NOTHING, Figure, stated_or
from bitline.operators import Size

CONVERTER_FARAD_PER_BIT = 50e-15
"""ZigZag's DAC at 28 nm: 50 fF per bit, none for a single bit [stated]."""


def pulse_energy(
    dac: Dac, *, columns: Size, pitch_m: Size, bits: int, technology: Technology, activity: Activity = USUAL,
    loads: float = 1.0,
) -> Figure:  # fmt: skip
    """Joule per pulse on a wordline that passes `columns` cells, with `loads` transistors of each on it.

    Only wordlines that carry something are charged; a converter of several bits works for every code. Low: half
    of it. High: the one-bit row driver of ISAAC, 0.4167 pJ per use of 128 columns at 32 nm.
    """
    if dac.energy_per_pulse_j is not None:
        return stated_or(dac.energy_per_pulse_j, NOTHING)
    square = supply_v(technology) ** 2
    line_j = lines.DRIVER * lines.line_farad(columns, pitch_m, technology, loads) * square * activity.drive_fraction
    converter_j = CONVERTER_FARAD_PER_BIT * bits * square if bits > 1 else 0.0
    isaac = scaled_energy(0.4167e-12 / 128, 32, technology, "ISAAC").times(columns)
    typical = line_j + converter_j
    line = f"wordline of {lines.SOURCE}, buffers a third more [textbook]"
    source = f"{line}, converter 50 fF per bit, ZigZag [stated]; high: ISAAC [stated]"
    high = np.maximum(lines.HIGH * typical, isaac.typical + converter_j)
    return Figure(typical, source, "modelled", lines.LOW * typical, high)


def area(dac: Dac, bits: int, technology: Technology) -> Figure:
    """Square metres of one driver: between ISAAC's 1-bit and BRAHMS' 8-bit one, geometrically.

    Sources for other widths are lacking: a factor of two either way [assumption].
    """
    if dac.area_m2 is not None:
        return stated_or(dac.area_m2, NOTHING)
    one = scaled_area(0.166e-12, 32, technology, "ISAAC 1-bit driver [stated]")
    eight = scaled_area(438e-12, 40, technology, "BRAHMS 8-bit DAC [stated]")
    typical = one.typical * (eight.typical / one.typical) ** ((bits - 1) / 7)
    source = f"{one.source}, {eight.source}, geometric between, a factor of two either way [assumption]"
    return Figure(typical, source, "modelled", lines.LOW * typical, lines.HIGH * typical)


def leakage(dac: Dac) -> Figure:
    """Watt of one driver at rest: stated, or not counted."""
    return stated_or(dac.leakage_w, Figure(0.0, "driver leakage not stated: not counted", "ideal"))
