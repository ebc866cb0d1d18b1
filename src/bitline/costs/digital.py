"""Arithmetic operations, between the anchors at 45 nm and 7 nm.

45 nm: Horowitz, ISSCC 2014; 7 nm: Jouppi et al., ISCA 2021 [second-hand]; the 32-bit integer and floating values at
7 nm are [recalled]. Straight lines on logarithmic axes in node and in bits. Conflict: Aladdin at 40 nm states 0.21 pJ
for a 32-bit addition and 12.68 pJ for a product [stated], 2 and 4 times the anchors; RAELLA and Sze state 0.2 to
0.25 pJ for 8-bit products at 40 nm [second-hand], which agrees with the anchors. The anchors are used, Aladdin is the
high end. Low: a half, as operands that change little and arrays that share a clock take [assumption]. Areas: Aladdin
[stated]; low: gate counts of ZigZag at 28 nm.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from bitline.costs import gates, registers, stillmaker
from bitline.costs.technology import (
    EXPONENTS,
    checked_node_nm,
    power_law,
    scaled_area,
    scaled_energy,
    spread,
    supply_energy,
)
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

Operation = Literal["add", "multiply"]
Number = Literal["integer", "floating"]
OLD_NM, NEW_NM = 45.0, 7.0
ANCHORS: dict[tuple[Number, Operation], tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    ("integer", "add"): ((8.0, 0.03e-12, 0.007e-12), (32.0, 0.1e-12, 0.03e-12)),  # bits, J at 45 nm, J at 7 nm
    ("integer", "multiply"): ((8.0, 0.2e-12, 0.07e-12), (32.0, 3.1e-12, 1.48e-12)),
    ("floating", "add"): ((16.0, 0.4e-12, 0.16e-12), (32.0, 0.9e-12, 0.38e-12)),
    ("floating", "multiply"): ((16.0, 1.1e-12, 0.34e-12), (32.0, 3.7e-12, 1.31e-12)),
}
ALADDIN_NM = 40.0
ADDER_J_PER_BIT, MULTIPLIER_J_PER_BIT2 = 0.21e-12 / 32, 12.68e-12 / 32**2
ADDER_M2_PER_BIT, MULTIPLIER_M2_PER_BIT2 = 278e-12 / 32, 6350e-12 / 32**2
LOW, HIGH = 0.5, 2.0
SOURCE = "Horowitz 2014 at 45 nm, Jouppi 2021 at 7 nm [second-hand]"
register_energy = registers.energy
register_area = registers.area


def energy(operation: Operation, number: Number, bits: float, technology: Technology) -> Figure:
    """Joule of one operation; for a product of unequal widths give their geometric mean."""
    (b0, old0, new0), (b1, old1, new1) = ANCHORS[number, operation]
    old = power_law((b0, old0), (b1, old1), bits)
    new = power_law((b0, new0), (b1, new1), bits)
    typical = _at(technology, old, new)
    recalled = " (7 nm beyond 8-bit integers and 16-bit floats [recalled])" if np.any(np.not_equal(bits, b0)) else ""
    source = f"{number} {operation}: {SOURCE}{recalled}"
    figure = Figure(typical, source, "modelled", LOW * typical, HIGH * typical)
    if number == "floating":
        return figure
    whole = ADDER_J_PER_BIT * bits if operation == "add" else MULTIPLIER_J_PER_BIT2 * bits**2
    return spread(figure, f"{source}; high: Aladdin", scaled_energy(whole, ALADDIN_NM, technology, "").typical)


def adder_area(bits: float, technology: Technology) -> Figure:
    """Square metres of an integer adder."""
    bare = gates.area(technology, adders=bits)
    return _area(ADDER_M2_PER_BIT * bits, bare, technology)


def multiplier_area(bits: float, technology: Technology) -> Figure:
    """Square metres of an integer multiplier of two `bits` wide inputs."""
    bare = gates.area(technology, **gates.multiplier(bits, bits))
    return _area(MULTIPLIER_M2_PER_BIT2 * bits**2, bare, technology)


def _at(technology: Technology, old_j: float, new_j: float) -> float:
    """Energy at the chip's node: between the anchors; above as Stillmaker and Baas, below as between them."""
    node = checked_node_nm(technology.node_nm)
    between = power_law((OLD_NM, old_j), (NEW_NM, new_j), np.clip(node, NEW_NM, OLD_NM))
    above = stillmaker.energy(np.maximum(node, OLD_NM)) / stillmaker.energy(OLD_NM)
    below: float = (np.minimum(node, NEW_NM) / NEW_NM) ** EXPONENTS[1]
    return between * above * below * supply_energy(technology)


def _area(whole_m2: float, bare: Figure, technology: Technology) -> Figure:
    typical = scaled_area(whole_m2, ALADDIN_NM, technology, "Aladdin [stated]")
    return spread(typical, f"{typical.source}; spread: ZigZag's gates", bare.typical, typical.typical * 1.5)
