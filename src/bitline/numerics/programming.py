"""The error left when cells are programmed, in units of one level.

A cell meant for level l has conductance g_min + l * (g_max - g_min) / (2**bits - 1). Its programmed conductance is
Gaussian around that and never negative. The current of g_min is taken off by an ideal reference column, so that
only the difference to it counts.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.hardware import Cell, Spread
from bitline.numerics.chance import Key, generator
from bitline.numerics.slices import largest_level


def off_level(cell: Cell) -> float:
    """Give g_min in units of one level: the distance of level 0 from no conductance at all."""
    return 0.0 if cell.on_off_ratio is None else largest_level(cell) / (cell.on_off_ratio - 1.0)


def sigma_levels(spread: Spread, cell: Cell, level: Tensor) -> Tensor | float:
    """Give the standard deviation in levels of cells at `level`."""
    if spread.of == "range":
        return spread.sigma_fraction * largest_level(cell)
    return spread.sigma_fraction * (level + off_level(cell))


def programmed(level: Tensor, cell: Cell, key: Key) -> Tensor:
    """Program unsigned levels `[n, k]`: float32 levels with their error; level itself if the cell is ideal."""
    wanted = level.to(torch.float32)
    if cell.programming_noise is None:
        return wanted
    error = torch.randn(level.shape, generator=generator(("program", *key)), dtype=torch.float32).to(level.device)
    error *= sigma_levels(cell.programming_noise, cell, wanted)
    return (wanted + error).clamp_(min=-off_level(cell))


def programmed_pair(level: Tensor, cell: Cell, key: Key) -> Tensor:
    """Program signed levels on pairs of cells and give the difference within each pair."""
    positive = programmed(level.clamp(min=0), cell, (*key, "plus"))
    return positive - programmed((-level).clamp(min=0), cell, (*key, "minus"))
