"""Counting how a stationary matrix is cut over units and how vectors queue before it."""

from __future__ import annotations

import numpy as np

from bitline.engines.sizes import at_least, at_most, rounded_up
from bitline.hardware.figure import Amount
from bitline.operators import MatMul, Size


def ceil_div(count: Size, per: Size) -> Amount:
    """Divide and round up; numbers or arrays."""
    # Over a context axis true division is several times faster than whole-number division, and as exact.
    return np.ceil(count / per) if isinstance(count, np.ndarray) or isinstance(per, np.ndarray) else -(-count // per)


def groups(k: Size, rows: Size, at_once: Size) -> Size:
    """Count groups of rows driven together, over all row blocks that hold `k` rows."""
    blocks = ceil_div(k, rows)
    return (blocks - 1) * ceil_div(rows, at_once) + ceil_div(k - (blocks - 1) * rows, at_once)


def busiest_groups(k: Size, rows: Size, at_once: Size) -> Size:
    """Count groups of rows driven one after another in the fullest unit."""
    return ceil_div(at_most(k, rows), at_once)


def rounds(operator: MatMul, claim: Size, units: Size) -> Size:
    """Count the times the units are filled, one filling after another, until every matrix had its turn."""
    return at_least(ceil_div(operator.matrices * claim, units), 1)


def kept_vectors(operator: MatMul, *, skips_masked: bool) -> Size:
    """Vectors that are computed: all, or those worth what a mask leaves."""
    return operator.vectors * (1.0 - operator.masked_fraction) if skips_masked else operator.vectors


def queue(vectors: Size, matrices: Size, copies: Size) -> Size:
    """Vectors one after another before the busiest copy of a matrix, spread evenly."""
    return rounded_up(vectors / (at_least(matrices, 1e-9) * copies))
