"""Shift-and-add behind a converter.

ISAAC at 32 nm: 0.021 pJ and 60 um2 for 16 bits [stated]. High: Jia 2020 at 65 nm and 1.2 V: 2.25 pJ [stated].
"""

from __future__ import annotations

from dataclasses import replace

from bitline.costs.technology import scaled_area, scaled_energy
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure


def energy(bits: int, technology: Technology) -> Figure:
    """Joule to shift one converted sum and add it to `bits` wide partial sums."""
    typical = scaled_energy(0.021e-12 * bits / 16, 32, technology, "ISAAC shift-add [stated]")
    high = scaled_energy(2.25e-12 * bits / 16, 65, technology, "Jia 2020 [stated]")
    return replace(typical, source=f"{typical.source}; high: Jia 2020 [stated]", high=high.typical)


def area(bits: int, technology: Technology) -> Figure:
    """Square metres of one."""
    return scaled_area(60e-12 * bits / 16, 32, technology, "ISAAC shift-add [stated]")
