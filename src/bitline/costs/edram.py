"""Embedded DRAM: ISAAC's 64 KB macro at 32 nm with words of 256 bits, and gain cells.

ISAAC: 20.45 pJ per access, 83 000 um2 (hwcomponents [stated]); 0.46 mW leakage and refresh, 2 ns (PUMA simulator
[stated]). The gain-cell macro at 16 nm, 1024 rows of 1024 bits: 2642 pJ to read and 2519 pJ to write a row, 131 570
um2, 381 uW leakage and refresh, 300 MHz (hwcomponents [stated]). Conflict: per bit, reading gain cells takes 30 to 60
times what ISAAC states, for twice the capacity and half the node; ISAAC is typical, gain cells are the high end, and
per bit they are the low end of area. Energy goes with the square root of capacity (a wire to the far side), area and
leakage in proportion [assumption].
"""

from __future__ import annotations

from bitline.costs.leakage import density
from bitline.costs.technology import latency_scale, scaled_area, scaled_energy, spread
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

KNOWN_BYTES, KNOWN_BITS, KNOWN_NM = 65536, 256, 32.0
KNOWN = Technology(node_nm=KNOWN_NM)
GAIN_BYTES, GAIN_NM = 131072, 16.0
GAIN_BIT_J, GAIN_M2, GAIN_W, GAIN_S = 2642e-12 / 1024, 131570e-12, 381e-6, 1 / 300e6
SOURCE = "ISAAC eDRAM [stated], square root of capacity [assumption]"


def bit_energy(capacity_bytes: float, technology: Technology) -> Figure:
    """Joule per bit read or written."""
    per_bit = 20.45e-12 / KNOWN_BITS * (capacity_bytes / KNOWN_BYTES) ** 0.5
    typical = scaled_energy(per_bit, KNOWN_NM, technology, SOURCE)
    gain = scaled_energy(GAIN_BIT_J, GAIN_NM, technology, "gain cells").typical
    return spread(typical, f"{typical.source}; high: gain cells [stated]", gain)


def area(capacity_bytes: float, technology: Technology) -> Figure:
    """Square metres of one macro."""
    typical = scaled_area(83000e-12 * capacity_bytes / KNOWN_BYTES, KNOWN_NM, technology, "ISAAC eDRAM [stated]")
    gain = scaled_area(GAIN_M2 * capacity_bytes / GAIN_BYTES, GAIN_NM, technology, "gain cells").typical
    return spread(typical, f"{typical.source}; spread: gain cells [stated]", gain)


def leakage(capacity_bytes: float, technology: Technology = KNOWN) -> Figure:
    """Watt of one macro, refresh included: with capacity, and as logic leaks from node to node and with the supply."""
    share = density(technology).typical / density(KNOWN).typical
    typical = 0.46e-3 * capacity_bytes / KNOWN_BYTES * share
    gain = GAIN_W * capacity_bytes / GAIN_BYTES * density(technology).typical
    gain = gain / density(Technology(node_nm=GAIN_NM)).typical
    source = "PUMA simulator eDRAM at 32 nm [stated], by capacity [assumption]; spread: gain cells [stated]"
    return spread(Figure(typical, source, "modelled", typical / 3, typical * 3), source, gain)


def access_time(technology: Technology) -> Figure:
    """Seconds per word."""
    scale = latency_scale(KNOWN_NM, technology)
    typical = scale.times(2e-9, f"PUMA simulator eDRAM [stated]; {scale.source}")
    gain = latency_scale(GAIN_NM, technology).typical * GAIN_S
    return spread(typical, f"{typical.source}; spread: gain cells at 300 MHz [stated]", gain)
