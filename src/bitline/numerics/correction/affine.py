"""A scale and an offset for each column that turn what is read into what was meant."""

from __future__ import annotations

import torch
from torch import Tensor

_STRETCH = 4.0
"""Scales outside of 1/4 .. 4 are taken for chance, not for gain."""


def fit_affine(ideal: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """Fit `ideal` = scale * `seen` + offset by least squares: `[rows, n]` each, `[n]` each in float64.

    A column that hardly varies, was seen in fewer than three rows, or asks for a scale outside of 1/4 .. 4 gets an
    offset only; one that holds NaN or infinity, or was never seen, is left alone.
    """
    ideal, seen = ideal.to(torch.float64), seen.to(torch.float64)
    if not len(seen):
        return ideal.new_ones(ideal.shape[1]), ideal.new_zeros(ideal.shape[1])
    meant, read = ideal.mean(dim=0), seen.mean(dim=0)
    away = seen - read
    spread = away.square().sum(dim=0)
    scale = (away * (ideal - meant)).sum(dim=0) / spread
    varied = spread > 1e-20 * seen.square().sum(dim=0)
    sound = varied & (scale > 1.0 / _STRETCH) & (scale < _STRETCH) & (len(seen) > 2)
    scale = torch.where(sound, scale, torch.ones_like(scale))
    offset = meant - scale * read
    return scale, torch.where(offset.isfinite(), offset, torch.zeros_like(offset))
