"""Wires across the chip.

Capacitance 0.2 fF/um (hwcomponents [stated]); long buffered wires 240 fJ/bit/mm at 40 nm and 115 to 150 at 10 nm
(Keckler 2011 [second-hand]), a straight line on logarithmic axes, beyond them too. Energy goes with the square of the
supply.
"""

from __future__ import annotations

import numpy as np

from bitline.costs.technology import checked_node_nm, power_law, supply_energy, supply_v
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

FARAD_PER_M = 2e-10
TOGGLED_FRACTION = 0.25
"""Random bits change every other cycle, and half of the changes draw charge."""


def bit_energy(length_m: float, technology: Technology) -> Figure:
    """Joule to move one bit over `length_m`."""
    node = checked_node_nm(technology.node_nm)
    per_m = power_law((40.0, 240e-12), (10.0, 132e-12), node) * supply_energy(technology)
    bare = FARAD_PER_M * supply_v(technology) ** 2 * TOGGLED_FRACTION
    source = "240 fJ/bit/mm at 40 nm, 132 at 10 nm, Keckler 2011 [second-hand]; low: bare wire [computed]"
    return Figure(per_m * length_m, source, "modelled", np.minimum(bare, per_m) * length_m, 1.3 * per_m * length_m)
