"""Row-wise and elementwise functions as sums of elementary operations.

No audited cost of softmax or normalisation units was found in any architecture tool, so each function is
written out in additions (comparisons too), products and special operations (exponential, reciprocal, square
root, tanh), and a special operation is four products and four additions [assumption]. Energy of the
operations: Horowitz and Jouppi anchors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.costs import digital
from bitline.costs.technology import joined
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

SPECIAL_STEPS = 4
"""Products, and as many additions, in one special operation."""
SOURCE = "elementary operations of the function [assumption]"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Elementary:
    """Elementary operations, per element and once more per row."""

    adds: float = 0.0
    multiplies: float = 0.0
    specials: float = 0.0
    row_multiplies: float = 0.0
    row_specials: float = 0.0

    @property
    def per_element(self) -> float:
        """Additions and products per element, special operations written out."""
        return self.adds + self.multiplies + 2 * SPECIAL_STEPS * self.specials

    @property
    def per_row(self) -> float:
        """Additions and products per row."""
        return self.row_multiplies + 2 * SPECIAL_STEPS * self.row_specials


FUNCTIONS = {
    "softmax": Elementary(adds=3, multiplies=1, specials=1, row_specials=1),
    "layernorm": Elementary(adds=4, multiplies=3, row_multiplies=2, row_specials=1),
    "rmsnorm": Elementary(adds=1, multiplies=3, row_multiplies=1, row_specials=1),
    "gelu": Elementary(adds=2, multiplies=5, specials=1),
    "silu": Elementary(adds=1, multiplies=1, specials=2),
    "sigmoid": Elementary(adds=1, specials=2),
    "tanh": Elementary(specials=1),
    "relu": Elementary(adds=1),
    "relu2": Elementary(adds=1, multiplies=1),
    "exp": Elementary(specials=1),
    "softplus": Elementary(adds=1, specials=2),
    "rope": Elementary(adds=1, multiplies=2),
    "add": Elementary(adds=1),
    "bias": Elementary(adds=1),
    "multiply": Elementary(multiplies=1),
    "scale": Elementary(multiplies=1),
    "affine": Elementary(adds=1, multiplies=1),
    "weighted_sum": Elementary(adds=1, multiplies=1),
    "outer_add": Elementary(adds=1, multiplies=1),
    "triangular_solve": Elementary(adds=1, multiplies=1),
    "l2norm": Elementary(adds=1, multiplies=2, row_specials=1),
    "sum": Elementary(adds=1),
    "top_k": Elementary(adds=1),
    "sampling": Elementary(adds=1),
}
"""What each function takes [assumption]; tanh form of gelu, exponential and reciprocal in a sigmoid."""


def energy_per_operation(bits: int, technology: Technology) -> Figure:
    """Joule of a floating-point addition or product, the mean of the two."""
    add = digital.energy("add", "floating", bits, technology)
    multiply = digital.energy("multiply", "floating", bits, technology)
    register = digital.register_energy(technology).times(3 * bits)
    return joined(f"mean of {add.source} and {multiply.source}", add.times(0.5), multiply.times(0.5), register)


def lane_area(bits: int, technology: Technology) -> Figure:
    """Square metres of one lane: multiplier, adder and eight registers [assumption]."""
    return joined(
        "Aladdin multiplier, adder and eight registers [stated], as many as that [assumption]",
        digital.multiplier_area(bits, technology),
        digital.adder_area(bits, technology),
        digital.register_area(8 * bits, technology),
    )
