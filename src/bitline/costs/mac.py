"""One digital multiply-accumulate: a product, an addition to a wider sum, and the register between."""

from __future__ import annotations

import numpy as np

from bitline.costs import digital, registers
from bitline.costs.technology import joined
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

TERMS = 4096
"""Sums are wide enough for this many products [assumption]."""


def integer_energy(weight_bits: float, input_bits: float, technology: Technology) -> Figure:
    """Joule of an integer multiply-accumulate."""
    product = digital.energy("multiply", "integer", np.sqrt(weight_bits * input_bits), technology)
    addition = digital.energy("add", "integer", sum_bits(weight_bits, input_bits), technology)
    register = registers.energy(technology).times(weight_bits + input_bits)
    return joined(f"{product.source} + {addition.source} + operand registers", product, addition, register)


def floating_energy(bits: float, technology: Technology) -> Figure:
    """Joule of a floating-point multiply-accumulate, the sum as wide as the product [assumption]."""
    product = digital.energy("multiply", "floating", bits, technology)
    addition = digital.energy("add", "floating", bits, technology)
    register = registers.energy(technology).times(2 * bits)
    return joined(f"{product.source} + {addition.source} + operand registers", product, addition, register)


def area(weight_bits: float, input_bits: float, technology: Technology) -> Figure:
    """Square metres of the multiplier, the adder and the registers."""
    wide = sum_bits(weight_bits, input_bits)
    product = digital.multiplier_area(np.sqrt(weight_bits * input_bits), technology)
    held = registers.area(weight_bits + input_bits + wide, technology)
    source = "Aladdin multiplier, adder and registers [stated]; spread: ZigZag's gates"
    return joined(source, product, digital.adder_area(wide, technology), held)


def sum_bits(weight_bits: float, input_bits: float) -> float:
    """Width of the sum."""
    wide: float = weight_bits + input_bits + np.log2(TERMS)
    return wide
