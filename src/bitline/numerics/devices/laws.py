"""The laws of a description, on tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.hardware.law import SMALLEST, Law, Piece


def law_values(law: Law, x: Tensor) -> Tensor:
    """Evaluate a law element by element, in its own units and in the type of `x`."""
    last = law.pieces[-1]
    values = _piece_values(last, x)
    for piece in reversed(law.pieces[:-1]):
        # A piece without a limit hides all that come after it.
        values = (
            _piece_values(piece, x)
            if piece.below is None
            else torch.where(x < piece.below, _piece_values(piece, x), values)
        )
    return values


def interpolated(corners: tuple[float, ...], values: tuple[float, ...], x: Tensor) -> Tensor:
    """Give the height at `x` of the line through rising `corners`; level beyond its ends."""
    at = torch.tensor(corners, dtype=torch.float64, device=x.device)
    heights = torch.tensor(values, dtype=torch.float64, device=x.device)
    if len(corners) == 1:
        return heights.to(x.dtype).expand(x.shape)
    wide = x.to(torch.float64).clamp(corners[0], corners[-1])
    left = (torch.searchsorted(at, wide.contiguous(), right=True) - 1).clamp_(0, len(corners) - 2)
    share = (wide - at[left]) / (at[left + 1] - at[left])
    return torch.lerp(heights[left], heights[left + 1], share).to(x.dtype)


def _piece_values(piece: Piece, x: Tensor) -> Tensor:
    u = _inner(piece, x)
    values = torch.full_like(u, piece.coefficients[-1])
    for coefficient in reversed(piece.coefficients[:-1]):
        values.mul_(u).add_(coefficient)
    return values if piece.low is None and piece.high is None else values.clamp_(piece.low, piece.high)


def _inner(piece: Piece, x: Tensor) -> Tensor:
    match piece.of:
        case "ln":
            return x.clamp(min=SMALLEST).log_()
        case "log10":
            return x.clamp(min=SMALLEST).log10_()
        case "power":
            # Not pow: its last bits depend on where in memory a number stands.
            return x.clamp(min=SMALLEST).log_().mul_(piece.exponent).exp_()
        case "decay":
            return x.div(-piece.scale).exp_()
    return x
