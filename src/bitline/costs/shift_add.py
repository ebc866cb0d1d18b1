"""Shift-and-add behind a converter: an adder and the register it adds to; shifting by a fixed place is wiring.

Typical: ZigZag's gates, half of them switching [stated], the register's clock always. Conflicts: ISAAC states 0.021 pJ
and 60 um2 for 16 bits at 32 nm, a third of that and less than Horowitz's 16-bit addition alone (0.04 pJ there): the
low end. Jia 2020 states 2.25 pJ and 5000 um2 at 65 nm and 1.2 V [stated], taken as of 16 bits [assumption]: the high
end. A description that follows a paper states the paper's value.
"""

from __future__ import annotations

from bitline.costs import gates
from bitline.costs.technology import scaled_area, scaled_energy, spread
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

SWITCHING = 0.5
"""Share of the adder's gates that do in a cycle; the flip-flops are clocked in every one."""
ISAAC_NM, ISAAC_J, ISAAC_M2, ISAAC_BITS = 32.0, 0.021e-12, 60e-12, 16
JIA_NM, JIA_J, JIA_M2 = 65.0, 2.25e-12, 5000e-12
JIA_SQUARE = (1.1 / 1.2) ** 2
"""Its supply was 1.2 V, the nominal one is 1.1 V."""


def energy(bits: float, technology: Technology) -> Figure:
    """Joule to shift one converted sum and add it to `bits` wide partial sums."""
    typical = gates.energy(technology, adders=SWITCHING * bits, flip_flops=bits)
    words = bits / ISAAC_BITS
    isaac = scaled_energy(ISAAC_J * words, ISAAC_NM, technology, "")
    jia = scaled_energy(JIA_J * JIA_SQUARE * words, JIA_NM, technology, "")
    return spread(typical, f"{typical.source}; low: ISAAC, high: Jia 2020 [stated]", isaac.typical, jia.typical)


def area(bits: float, technology: Technology) -> Figure:
    """Square metres of one."""
    typical = gates.area(technology, **gates.accumulator(bits))
    words = bits / ISAAC_BITS
    isaac = scaled_area(ISAAC_M2 * words, ISAAC_NM, technology, "")
    jia = scaled_area(JIA_M2 * words, JIA_NM, technology, "")
    return spread(typical, f"{typical.source}; low: ISAAC, high: Jia 2020 [stated]", isaac.typical, jia.typical)
