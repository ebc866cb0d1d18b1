"""Sizes dealt out."""

from __future__ import annotations

import numpy as np

from bitline.operators import Size, Vector

NO_REST = 1e-9


def share(size: Size, parts: float) -> Size:
    """Give one of so many equal parts of a size; a whole number where it goes without a rest."""
    if parts == 1:
        return size
    if isinstance(parts, float):
        part = size / parts
        whole = np.rint(part)
        return whole if np.all(np.abs(part - whole) <= NO_REST * np.maximum(whole, 1)) else part
    if isinstance(size, int | np.integer) and not size % parts:
        return int(size) // parts
    return size / parts


def largest_share(size: Size, parts: int) -> Size:
    """Give the part of the device that gets most, where what is dealt out is whole."""
    return -(-size // parts)


def rows_of(operator: Vector, parts: float) -> Size:
    """Give the rows of one part of a function; 1 where it has none."""
    return 1 if isinstance(operator.rows, int) and operator.rows == 1 else share(operator.rows, parts)
