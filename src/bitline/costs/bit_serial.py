"""Rows that a DRAM opens to compute bit by bit on whole rows: every column of the cells is a lane.

Majorities of three rows opened at once, and copies between, make a full adder; numbers lie along columns, a bit to a
row. Counts are those of SIMDRAM (Hajinazar et al., ASPLOS 2021 [recalled]): 8 n + 1 for an addition of n bits and
11 n^2 - 5 n - 1 for a product, each taken as one row cycle [assumption: copies open a second row within the same
cycle].
"""

from __future__ import annotations

from math import log2

import numpy as np

from bitline.operators import Size

SOURCE = "row cycles of an addition and a product: SIMDRAM [recalled]"


def addition_rows(bits: float) -> float:
    """Row cycles of adding two numbers in every lane."""
    return 8 * bits + 1


def product_rows(weight_bits: float, input_bits: float) -> float:
    """Row cycles of multiplying two numbers in every lane; for unequal widths, their product and their mean."""
    return 11 * weight_bits * input_bits - 5 * (weight_bits + input_bits) / 2 - 1


def tree_fraction(terms: Size) -> Size:
    """Full-width additions, over the numbers added up, that summing so many side by side takes, level by level.

    A level adds what is left two by two: halves, quarters and so on, down to one sum.
    """
    levels = np.ceil(np.log2(np.maximum(terms, 1))) if isinstance(terms, np.ndarray) else _levels(terms)
    return 1.0 - 0.5**levels


def _levels(terms: float) -> int:
    return int(np.ceil(log2(max(terms, 1))))
