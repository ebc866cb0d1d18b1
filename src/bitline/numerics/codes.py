"""Real numbers to integer codes and back: symmetric, rounded half to even, never below the negative of the top.

What is not finite stays visible: the scale of a vector that holds NaN or infinity is not finite either, and so is
whatever is computed with it. Codes have at most 24 bits, since float32 holds no more.
"""

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
    return _rounded(weight, scale[:, None]).to(_integer(form.bits)), scale


def input_codes(x: Tensor, bits: int, static_scale: float | None = None) -> tuple[Tensor, Tensor]:
    """Turn vectors `[..., k]` into integer codes `[..., k]` and a scale `[..., 1]` for each.

    Without a static scale each vector's largest magnitude is its full scale; with one, what exceeds it is clipped.
    """
    x = x.detach().to(torch.float32)
    if static_scale is None:
        scale = scale_of(x.abs().amax(dim=-1, keepdim=True), bits)
        return _rounded(x, scale).to(_integer(bits)), scale
    top = top_code(bits)
    scale = x.new_full((*x.shape[:-1], 1), static_scale)
    rounded = torch.round(x / scale).clamp_(-top, top)
    scale.masked_fill_(rounded.isnan().any(dim=-1, keepdim=True), torch.nan)
    return rounded.to(_integer(bits)), scale


def scale_of(largest: Tensor, bits: int) -> Tensor:
    """Give the real value of one code when `largest` is the full scale; 0 where everything is zero or denormal.

    So what cells and converters add to a row or column of nothing stays nothing.
    """
    # A tensor as divisor: torch on CUDA multiplies by the reciprocal of a number, which rounds differently.
    scale = largest.to(torch.float32) / largest.new_full((1,), float(top_code(bits)), dtype=torch.float32)
    return torch.where(scale < torch.finfo(torch.float32).tiny, torch.zeros_like(scale), scale)


def _rounded(x: Tensor, scale: Tensor) -> Tensor:
    return torch.round(x / torch.where(scale == 0, torch.ones_like(scale), scale))


def _integer(bits: int) -> torch.dtype:
    return torch.int8 if bits <= 8 else torch.int32
