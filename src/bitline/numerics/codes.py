"""Real numbers to integer codes and back: symmetric, rounded half to even, never below the negative of the top."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.hardware import WeightFormat


def top_code(bits: int) -> int:
    """Give the largest code, `2**(bits-1) - 1`; one-bit codes are -1, 0 and 1."""
    return max(1, (1 << (bits - 1)) - 1)


def weight_codes(weight: Tensor, form: WeightFormat) -> tuple[Tensor, Tensor]:
    """Turn `[n, k]` weights into integer codes `[n, k]` and the scale `[n]` of each output column."""
    weight = weight.detach().to(torch.float32)
    largest = weight.abs().amax(dim=1) if form.scale == "column" else weight.abs().amax().expand(weight.shape[0])
    scale = scale_of(largest, form.bits)
    return torch.round(weight / scale[:, None]).to(_integer(form.bits)), scale


def input_codes(x: Tensor, bits: int, static_scale: float | None = None) -> tuple[Tensor, Tensor]:
    """Turn vectors `[rows, k]` into integer codes `[rows, k]` and a scale `[rows, 1]` for each.

    Without a static scale each row's largest magnitude is its full scale; with one, what exceeds it is clipped.
    """
    x = x.detach().to(torch.float32)
    if static_scale is None:
        scale = scale_of(x.abs().amax(dim=-1, keepdim=True), bits)
        return torch.round(x / scale).to(_integer(bits)), scale
    top = top_code(bits)
    scale = x.new_full((x.shape[0], 1), static_scale)
    return torch.round(x / scale).clamp_(-top, top).to(_integer(bits)), scale


def scale_of(largest: Tensor, bits: int) -> Tensor:
    """Give the real value of one code when `largest` is the full scale; 1 where everything is zero."""
    scale = largest.to(torch.float32) / top_code(bits)
    return torch.where(scale > 0, scale, torch.ones_like(scale))


def _integer(bits: int) -> torch.dtype:
    return torch.int8 if bits <= 8 else torch.int32
