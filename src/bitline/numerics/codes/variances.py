"""Variances of reading cells, held in a byte each, and their product with the squares of what drives the cells."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.numerics.codes.integer import product_int8

STEPS = 127
"""Steps in which variances are held."""
_GOLDEN = 0.6180339887498949


def variance_steps(variance: Tensor, unit: Tensor | float) -> Tensor:
    """Hold variances `[..., k]` of up to `STEPS * unit` as int8 multiples of `unit`.

    They are rounded up or down by turns along the rows of a matrix (multiples of the golden ratio, without their whole
    part, are added and the fraction is cut off): each is off by less than a step, and in the mean over rows by nothing.
    """
    turns = (torch.arange(variance.shape[-1], dtype=torch.float64, device=variance.device) * _GOLDEN).frac_()
    steps = (variance / unit).add_(turns.to(torch.float32)).floor_()
    return steps.clamp_(max=STEPS).to(torch.int8)


def spread_of(squares: tuple[Tensor, ...], held: Tensor) -> Tensor:
    """Add up what `held [..., k, n]` holds where squares `[..., rows, k]`, as int8 planes, drive it: float32, in steps.

    Products are of integers, and planes are joined in their order: no other row shows.
    """
    total = product_int8(squares[0], held).to(torch.float32)
    for place, plane in enumerate(squares[1:], start=1):
        total.add_(product_int8(plane, held), alpha=float(256**place))
    return total
