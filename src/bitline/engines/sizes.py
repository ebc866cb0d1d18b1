"""Arithmetic on sizes. Plain numbers stay plain: for one number numpy takes ten times as long as Python."""

from __future__ import annotations

from math import ceil, log2

import numpy as np

from bitline.hardware.figure import Amount
from bitline.operators import Size


def at_most(size: Size, bound: Size) -> Amount:
    """Give the size, or the bound where that is less."""
    return np.minimum(size, bound) if _many(size, bound) else min(size, bound)


def at_least(size: Size, bound: Size) -> Amount:
    """Give the size, or the bound where that is more."""
    return np.maximum(size, bound) if _many(size, bound) else max(size, bound)


def rounded_up(size: Size) -> Amount:
    """Give the next whole number."""
    return np.ceil(size) if isinstance(size, np.ndarray) else ceil(size)


def once_if_any(size: Size) -> Amount:
    """Give 1 where there is anything, else 0."""
    return np.sign(size) if isinstance(size, np.ndarray) else int(size > 0)


def binary_digits(size: Size) -> Amount:
    """Give the bits that count up to the size: its logarithm to base two, rounded up."""
    return np.ceil(np.log2(size)) if isinstance(size, np.ndarray) else ceil(log2(size))


def _many(one: Size, other: Size) -> bool:
    return isinstance(one, np.ndarray) or isinstance(other, np.ndarray)
