"""Arithmetic operations and registers, between the anchors at 45 nm and 7 nm.

45 nm: Horowitz, ISSCC 2014; 7 nm: Jouppi et al., ISCA 2021 [second-hand]; the 32-bit integer and floating
values at 7 nm are [recalled]. Straight lines on logarithmic axes in node and in bits. Registers and areas:
Aladdin at 40 nm [stated].
"""

from __future__ import annotations

from typing import Literal

from bitline.costs.technology import (
    checked_node_nm,
    energy_scale,
    nominal_supply_v,
    power_law,
    scaled_area,
    scaled_energy,
    supply_v,
)
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

Operation = Literal["add", "multiply"]
Number = Literal["integer", "floating"]
ANCHORS: dict[tuple[Number, Operation], tuple[tuple[int, float, float], tuple[int, float, float]]] = {
    ("integer", "add"): ((8, 0.03e-12, 0.007e-12), (32, 0.1e-12, 0.03e-12)),  # bits, J at 45 nm, J at 7 nm
    ("integer", "multiply"): ((8, 0.2e-12, 0.07e-12), (32, 3.1e-12, 1.48e-12)),
    ("floating", "add"): ((16, 0.4e-12, 0.16e-12), (32, 0.9e-12, 0.38e-12)),
    ("floating", "multiply"): ((16, 1.1e-12, 0.34e-12), (32, 3.7e-12, 1.31e-12)),
}
ADDER_M2_PER_BIT = 278e-12 / 32
MULTIPLIER_M2_PER_BIT2 = 6350e-12 / 32**2
REGISTER_J_PER_BIT, REGISTER_M2_PER_BIT = 0.009e-12, 5.98e-12


def energy(operation: Operation, number: Number, bits: float, technology: Technology) -> Figure:
    """Joule of one operation; for a product of unequal widths give their geometric mean."""
    (b0, old0, new0), (b1, old1, new1) = ANCHORS[number, operation]
    old = power_law((b0, old0), (b1, old1), bits)
    new = power_law((b0, new0), (b1, new1), bits)
    node = checked_node_nm(technology.node_nm)
    voltage = (supply_v(technology) / nominal_supply_v(node)) ** 2
    name = f"{bits:g}-bit {number} {operation}"
    if not 7.0 <= node <= 45.0:
        anchor, value = (45.0, old) if node > 45.0 else (7.0, new)
        scale = energy_scale(anchor, technology)
        typical, way = value * scale.typical, scale.source
    else:
        typical, way = voltage * power_law((45.0, old), (7.0, new), node), "45 to 7 nm on logarithmic axes"
    recalled = " (7 nm beyond 8-bit integers and 16-bit floats [recalled])" if bits != b0 else ""
    source = f"{name}: Horowitz 2014, Jouppi 2021 [second-hand]{recalled}; {way}; a factor of two either way"
    return Figure(typical, source, "modelled", typical / 2, typical * 2)


def register_energy(technology: Technology) -> Figure:
    """Joule per bit written to or read from a register."""
    return scaled_energy(REGISTER_J_PER_BIT, 40, technology, "Aladdin register [stated]")


def register_area(bits: float, technology: Technology) -> Figure:
    """Square metres of a register."""
    return scaled_area(REGISTER_M2_PER_BIT * bits, 40, technology, "Aladdin register [stated]")


def adder_area(bits: float, technology: Technology) -> Figure:
    """Square metres of an integer adder."""
    return scaled_area(ADDER_M2_PER_BIT * bits, 40, technology, "Aladdin adder [stated]")


def multiplier_area(bits: float, technology: Technology) -> Figure:
    """Square metres of an integer multiplier of two `bits` wide inputs."""
    return scaled_area(MULTIPLIER_M2_PER_BIT2 * bits**2, 40, technology, "Aladdin multiplier [stated]")
