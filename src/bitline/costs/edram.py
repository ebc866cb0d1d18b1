"""Embedded DRAM: ISAAC's 64 KB macro at 32 nm with words of 256 bits.

20.45 pJ per access, 83 000 um2 (hwcomponents [stated]); 0.46 mW leakage and refresh, 2 ns (PUMA simulator
[stated]). High: the gain-cell macro at 16 nm, 2.6 pJ per bit (hwcomponents [stated]). Energy goes with the
square root of capacity, area and leakage in proportion [assumption].
"""

from __future__ import annotations

from dataclasses import replace

from bitline.costs.technology import latency_scale, scaled_area, scaled_energy
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

KNOWN_BYTES, KNOWN_BITS, KNOWN_NM = 65536, 256, 32.0
SOURCE = "ISAAC eDRAM [stated], square root of capacity [assumption]"


def bit_energy(capacity_bytes: float, technology: Technology) -> Figure:
    """Joule per bit read or written."""
    per_bit = 20.45e-12 / KNOWN_BITS * (capacity_bytes / KNOWN_BYTES) ** 0.5
    typical = scaled_energy(per_bit, KNOWN_NM, technology, SOURCE)
    high = scaled_energy(2.6e-12, 16, technology, "gain cells")
    return replace(
        typical, source=f"{typical.source}; high: gain cells [stated]", high=max(typical.typical, high.typical)
    )


def area(capacity_bytes: float, technology: Technology) -> Figure:
    """Square metres of one macro."""
    return scaled_area(83000e-12 * capacity_bytes / KNOWN_BYTES, KNOWN_NM, technology, "ISAAC eDRAM [stated]")


def leakage(capacity_bytes: float) -> Figure:
    """Watt of one macro, refresh included."""
    return Figure(
        0.46e-3 * capacity_bytes / KNOWN_BYTES, "PUMA simulator eDRAM at 32 nm [stated], by capacity [assumption]"
    )


def access_time(technology: Technology) -> Figure:
    """Seconds per word."""
    return Figure(2e-9 * latency_scale(KNOWN_NM, technology.node_nm), "PUMA simulator eDRAM [stated]; linear in node")
