"""Row-wise and elementwise functions as sums of elementary operations.

No audited cost of softmax or normalisation units was found in any architecture tool, so each function is written out
in floating additions (comparisons too), products and special operations, per element and once more per row; the
special ones are taken apart in `special`, by one of three methods. Energy of the operations: Horowitz and Jouppi
anchors; each reads two operands from registers and writes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from bitline.costs import digital, registers, special, sram
from bitline.costs.special import Method, Name
from bitline.costs.technology import joined
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

DEFAULT_METHOD: Method = "taylor"
"""Lanes that add and multiply can do it without a table or a unit apart."""
SOURCE = "elementary operations of the function [assumption]"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Elementary:
    """Elementary operations, per element and once more per row, and why they are as many."""

    adds: float = 0.0
    """Comparisons too."""
    multiplies: float = 0.0
    specials: Mapping[Name, float] = field(default_factory=dict)
    row_multiplies: float = 0.0
    row_specials: Mapping[Name, float] = field(default_factory=dict)
    why: str = ""

    def per_element(self, method: Method = DEFAULT_METHOD, bits: float = 16.0) -> float:
        """Cycles of a lane per element, special operations written out."""
        return self.adds + self.multiplies + _cycles(self.specials, method, bits)

    def per_row(self, method: Method = DEFAULT_METHOD, bits: float = 16.0) -> float:
        """Cycles of a lane per row."""
        return self.row_multiplies + _cycles(self.row_specials, method, bits)


FUNCTIONS = {
    "softmax": Elementary(
        adds=3, multiplies=1, specials={"exp": 1}, row_specials={"reciprocal": 1},
        why="find the largest, take it off, sum the exponentials; times one over the sum",
    ),
    "layernorm": Elementary(
        adds=4, multiplies=3, row_multiplies=2, row_specials={"root": 1},
        why="sum, take off the mean, sum of squares, shift; square, times one over the deviation, gain; two means",
    ),
    "rmsnorm": Elementary(
        adds=1, multiplies=3, row_multiplies=1, row_specials={"root": 1},
        why="sum of squares; square, times one over the root, gain; one mean",
    ),
    "gelu": Elementary(
        adds=2, multiplies=5, specials={"sigmoid": 1},
        why="x sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)), the form with tanh; one addition more for tanh itself",
    ),
    "silu": Elementary(multiplies=1, specials={"sigmoid": 1}, why="x sigmoid(x)"),
    "sigmoid": Elementary(specials={"sigmoid": 1}, why="one over one and an exponential"),
    "tanh": Elementary(adds=1, specials={"sigmoid": 1}, why="2 sigmoid(2x) - 1, doubling in the exponent"),
    "relu": Elementary(adds=1, why="one comparison"),
    "relu2": Elementary(adds=1, multiplies=1, why="one comparison and a square"),
    "exp": Elementary(specials={"exp": 1}, why="the operation itself"),
    "softplus": Elementary(adds=1, specials={"exp": 1, "logarithm": 1}, why="ln(1 + exp(x))"),
    "rope": Elementary(adds=1, multiplies=2, why="half of a rotation of two numbers, sine and cosine held"),
    "add": Elementary(adds=1, why="the operation itself"),
    "bias": Elementary(adds=1, why="the operation itself"),
    "multiply": Elementary(multiplies=1, why="the operation itself"),
    "scale": Elementary(multiplies=1, why="the operation itself"),
    "affine": Elementary(adds=1, multiplies=1, why="gain and shift"),
    "weighted_sum": Elementary(adds=1, multiplies=1, why="a weight each, and the sum"),
    "outer_add": Elementary(adds=1, multiplies=1, why="a product added to what is there"),
    "triangular_solve": Elementary(adds=1, multiplies=1, why="a product taken off per entry"),
    "l2norm": Elementary(
        adds=1, multiplies=2, row_specials={"root": 1}, why="sum of squares; square, times one over the root"
    ),
    "sum": Elementary(adds=1, why="the operation itself"),
    "top_k": Elementary(adds=1, why="one comparison with the least of those kept"),
    "sampling": Elementary(adds=1, why="the running sum against a random number"),
}  # fmt: skip
"""What each function takes [assumption]."""


def energy_per_operation(bits: float, technology: Technology) -> Figure:
    """Joule of a floating-point addition or product, the mean of the two."""
    add, multiply = addition_energy(bits, technology), product_energy(bits, technology)
    return joined(f"mean of {add.source} and {multiply.source}", add.times(0.5), multiply.times(0.5))


def addition_energy(bits: float, technology: Technology) -> Figure:
    """Joule of a floating-point addition or comparison, with its registers."""
    return _with_registers(digital.energy("add", "floating", bits, technology), bits, technology)


def product_energy(bits: float, technology: Technology) -> Figure:
    """Joule of a floating-point product, with its registers."""
    return _with_registers(digital.energy("multiply", "floating", bits, technology), bits, technology)


def lane_area(bits: float, technology: Technology, method: Method = DEFAULT_METHOD) -> Figure:
    """Square metres of one lane: multiplier, adder and eight registers [assumption], and what the method adds.

    Tables of its own, or three more adders that shift.
    """
    basic = (
        digital.multiplier_area(bits, technology),
        digital.adder_area(bits, technology),
        registers.area(8 * bits, technology),
    )
    source = "Aladdin multiplier, adder and eight registers [stated], as many as that [assumption]"
    if method == "table":
        held = special.table_bytes(bits)
        return joined(f"{source}; tables in SRAM", *basic, sram.area(held, 2 * bits, technology))
    if method == "cordic":
        return joined(f"{source}; three adders", *basic, digital.adder_area(3 * bits, technology))
    return joined(source, *basic)


def _with_registers(operation: Figure, bits: float, technology: Technology) -> Figure:
    return joined(f"{operation.source}; registers", operation, registers.energy(technology).times(3 * bits))


def _cycles(specials: Mapping[Name, float], method: Method, bits: float) -> float:
    return sum(count * special.steps(name, method, bits).cycles for name, count in specials.items())
