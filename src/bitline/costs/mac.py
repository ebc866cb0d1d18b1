"""One digital multiply-accumulate: a product, an addition to a wider sum, and the register between."""

from __future__ import annotations

from math import log2, sqrt

from bitline.costs import digital
from bitline.costs.technology import joined
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

TERMS = 4096
"""Sums are wide enough for this many products [assumption]."""


def integer_energy(weight_bits: int, input_bits: int, technology: Technology) -> Figure:
    """Joule of an integer multiply-accumulate."""
    product = digital.energy("multiply", "integer", sqrt(weight_bits * input_bits), technology)
    addition = digital.energy("add", "integer", sum_bits(weight_bits, input_bits), technology)
    register = digital.register_energy(technology).times(weight_bits + input_bits)
    return joined(f"{product.source} + {addition.source} + operand registers", product, addition, register)


def floating_energy(bits: int, technology: Technology) -> Figure:
    """Joule of a floating-point multiply-accumulate, the sum as wide as the product [assumption]."""
    product = digital.energy("multiply", "floating", bits, technology)
    addition = digital.energy("add", "floating", bits, technology)
    register = digital.register_energy(technology).times(2 * bits)
    return joined(f"{product.source} + {addition.source} + operand registers", product, addition, register)


def area(weight_bits: int, input_bits: int, technology: Technology) -> Figure:
    """Square metres of the multiplier, the adder and the registers."""
    wide = sum_bits(weight_bits, input_bits)
    product = digital.multiplier_area(sqrt(weight_bits * input_bits), technology)
    registers = digital.register_area(weight_bits + input_bits + wide, technology)
    return joined(
        "Aladdin multiplier, adder and registers [stated]", product, digital.adder_area(wide, technology), registers
    )


def sum_bits(weight_bits: int, input_bits: int) -> float:
    """Width of the sum."""
    return weight_bits + input_bits + log2(TERMS)
