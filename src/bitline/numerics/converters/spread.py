"""How physical converters differ: numbers that belong to each of them, wherever its columns are."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.numerics.chance import Key, generator

_TOGETHER = 1024
"""Converters drawn together: their numbers do not depend on how many others there are."""


def draws(instances: Tensor, count: int, key: Key) -> Tensor:
    """Give `count` standard normal numbers `[count, columns]`, float64, to the converter that reads each column."""
    numbers = instances.to("cpu", torch.int64)
    blocks, place = torch.unique(numbers // _TOGETHER, return_inverse=True)
    drawn = [
        torch.randn(_TOGETHER, count, generator=generator((*key, block)), dtype=torch.float64)
        for block in blocks.tolist()
    ]
    if not drawn:
        return torch.empty(count, 0, dtype=torch.float64)
    return torch.stack(drawn)[place, numbers % _TOGETHER].T.contiguous()


def converters_of(places: Tensor, *, columns: int, per_array: int) -> Tensor:
    """Tell which converter reads a column, by the place of the column among those converted.

    An array has `columns` of them, shared out evenly in runs among `per_array` converters; further places lie on
    further arrays.
    """
    return places // columns * per_array + places % columns * per_array // columns
