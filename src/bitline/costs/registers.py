"""Registers: flip-flops that hold a word, with their share of the clock.

Typical: Aladdin at 40 nm, 9 fJ and 5.98 um2 a bit [stated]. Conflict: ZigZag's flip-flop (28 nm, 2.1 fF, 3.68 um2
[stated]) takes 1.7 fJ when it switches, about a third at the same node: the low end. A 32-bit register file of a
processor takes 1 pJ an access at 45 nm, 31 fJ a bit (Horowitz [second-hand]): the high end.
"""

from __future__ import annotations

from bitline.costs import gates
from bitline.costs.technology import scaled_area, scaled_energy, spread
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

KNOWN_NM, BIT_J, BIT_M2 = 40.0, 0.009e-12, 5.98e-12
FILE_NM, FILE_BIT_J = 45.0, 1e-12 / 32
SOURCE = "Aladdin register [stated]"


def energy(technology: Technology) -> Figure:
    """Joule per bit written or read."""
    typical = scaled_energy(BIT_J, KNOWN_NM, technology, SOURCE)
    file = scaled_energy(FILE_BIT_J, FILE_NM, technology, "register file").typical
    bare = gates.energy(technology, flip_flops=1.0).typical
    return spread(typical, f"{typical.source}; low: ZigZag's flip-flop, high: Horowitz's register file", bare, file)


def area(bits: float, technology: Technology) -> Figure:
    """Square metres of so many bits."""
    typical = scaled_area(BIT_M2 * bits, KNOWN_NM, technology, SOURCE)
    bare = gates.area(technology, flip_flops=bits).typical
    return spread(typical, f"{typical.source}; spread: ZigZag's flip-flop", bare, typical.typical * 1.5)
