"""Arithmetic on sizes. Plain numbers stay plain: for one number numpy takes ten times as long as Python."""

from __future__ import annotations

from math import ceil

import numpy as np

from bitline.operators import Size


def at_most(size: Size, bound: float) -> Size:
    """Give the size, or the bound where that is less."""
    return np.minimum(size, bound) if isinstance(size, np.ndarray) else min(size, bound)


def at_least(size: Size, bound: float) -> Size:
    """Give the size, or the bound where that is more."""
    return np.maximum(size, bound) if isinstance(size, np.ndarray) else max(size, bound)


def rounded_up(size: Size) -> Size:
    """Give the next whole number."""
    return np.ceil(size) if isinstance(size, np.ndarray) else ceil(size)


def once_if_any(size: Size) -> Size:
    """Give 1 where there is anything, else 0."""
    return np.sign(size) if isinstance(size, np.ndarray) else int(size > 0)
