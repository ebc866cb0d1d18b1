"""The error left when cells are programmed, in units of one level.

A cell meant for level l has conductance g_min + l * (g_max - g_min) / (2**bits - 1). Its programmed conductance is
Gaussian around that and never negative. The current of g_min is taken off by an ideal reference column, so that
only the difference to it counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from bitline.hardware import Analog, Cell, Spread
from bitline.numerics.chance import Key, fingerprints, generator, normal_rows
from bitline.numerics.slices import largest_level

Draw: TypeAlias = Callable[[Key], Tensor]
"""Gives one standard normal number for each of a matrix's codes `[..., n, k]`; the key tells which of its cells."""

_REACH = 8.0
"""Standard deviations beyond which no error is drawn: 32-bit normal numbers do not go there."""


def draw_by_place(codes: Tensor, key: Key) -> Draw:
    """Draw errors that depend on where a cell is in its matrix: weights, which are written once."""

    def draw(which: Key) -> Tensor:
        source = generator(("program", *key, *which))
        return torch.randn(codes.shape, generator=source, dtype=torch.float32).to(codes.device)

    return draw


def draw_by_content(tokens: Tensor, key: Key) -> Draw:
    """Draw errors `[..., tokens, d]` that depend on what is written: activations, whose place is not known.

    A token keeps its errors while a cache grows around it and in any batch; the price is that two equal tokens
    stray equally.
    """
    marks = fingerprints(tokens)
    return lambda which: normal_rows(marks, [("program", *key, *which)], tokens.shape[-1])


def strays(spread: Spread | None) -> bool:
    """Say whether there is any error at all."""
    return spread is not None and spread.sigma_fraction > 0


def off_level(cell: Cell) -> float:
    """Give g_min in units of one level: the distance of level 0 from no conductance at all."""
    return 0.0 if cell.on_off_ratio is None else largest_level(cell) / (cell.on_off_ratio - 1.0)


def reach(arithmetic: Analog) -> float:
    """Give a bound on what is stored for one digit, in levels: a cell's level or the difference of a pair."""
    cell = arithmetic.cell
    largest = float(largest_level(cell))
    if cell.programming_noise is None:
        return largest
    devices = 2 if arithmetic.weight.encoding == "differential" else 1
    full = largest if cell.programming_noise.of == "range" else largest + off_level(cell)
    return largest + _REACH * devices * cell.programming_noise.sigma_fraction * full


def sigma_levels(spread: Spread, cell: Cell, level: Tensor) -> Tensor | float:
    """Give the standard deviation in levels of cells at `level`."""
    if spread.of == "range":
        return spread.sigma_fraction * largest_level(cell)
    return spread.sigma_fraction * (level + off_level(cell))


def programmed(level: Tensor, cell: Cell, draw: Draw, which: Key) -> Tensor:
    """Program unsigned levels `[..., n, k]`: float32 levels with their error; level itself if the cell is ideal."""
    wanted = level.to(torch.float32)
    if cell.programming_noise is None or not strays(cell.programming_noise):
        return wanted
    error = draw(which).mul_(sigma_levels(cell.programming_noise, cell, wanted))
    return error.add_(wanted).clamp_(min=-off_level(cell))


def programmed_pair(level: Tensor, cell: Cell, draw: Draw, which: Key) -> Tensor:
    """Program signed levels on pairs of cells and give the difference within each pair."""
    positive = programmed(level.clamp(min=0), cell, draw, (*which, "plus"))
    return positive.sub_(programmed((-level).clamp_(min=0), cell, draw, (*which, "minus")))
