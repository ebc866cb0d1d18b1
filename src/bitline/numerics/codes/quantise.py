"""Real numbers to integer codes and back: symmetric, rounded half to even, never below the negative of the top.

What is not finite stays visible: the scale of a vector that holds NaN or infinity is not finite either, and so is
whatever is computed with it. Codes have at most 24 bits, since float32 holds no more.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.errors import DataError
from bitline.hardware import WeightFormat

_OUTPUTS = 1024
"""Outputs of a matrix turned into codes at a time."""


def top_code(bits: int) -> int:
    """Give the largest code, `2**(bits-1) - 1`; one-bit codes are -1, 0 and 1."""
    return max(1, (1 << (bits - 1)) - 1)


def weight_codes(weight: Tensor, form: WeightFormat) -> tuple[Tensor, Tensor]:
    """Turn `[n, k]` weights into integer codes `[n, k]` and the scale `[n]` of each output column.

    Weights beyond the full scale, given or a number of standard deviations, are clipped.
    """
    if form.scale != "tensor" and form.clip_sigmas is None and len(weight) > _OUTPUTS:
        codes, scales = zip(*(_coded(part, form) for part in torch.split(weight.detach(), _OUTPUTS)), strict=True)
        return torch.cat(codes), torch.cat(scales)
    return _coded(weight.detach(), form)


def _coded(weight: Tensor, form: WeightFormat) -> tuple[Tensor, Tensor]:
    weight = weight.to(torch.float32)
    scale = scale_of(_full_scale(weight, form), top_code(form.bits))
    codes = _rounded(weight, scale[:, None])
    if form.full_scale is not None or form.clip_sigmas is not None:
        codes.clamp_(-top_code(form.bits), top_code(form.bits))
    return codes.to(_integer(top_code(form.bits))), scale


def input_codes(
    x: Tensor, top: int, static_scale: float | None = None, *, signed: bool = True
) -> tuple[Tensor, Tensor]:
    """Turn vectors `[..., k]` into integer codes `[..., k]` up to `top` and a scale `[..., 1]` for each.

    Without a static scale each vector's largest magnitude is its full scale; with one, what exceeds it is clipped.

    Raises:
        DataError: drivers without a sign meet negative inputs.

    """
    x = x.detach().to(torch.float32)
    if not signed and bool((x < 0).any()):
        raise DataError(
            "input.signed = 'unsigned' but a layer sees negative inputs. "
            "Allowed there: twos_complement, offset, sign_split, bipolar."
        )
    if static_scale is None:
        scale = scale_of(x.abs().amax(dim=-1, keepdim=True), top)
        return _rounded(x, scale).to(_integer(top)), scale
    scale = x.new_full((*x.shape[:-1], 1), static_scale)
    rounded = torch.round(x / scale).clamp_(-top, top)
    scale.masked_fill_(rounded.isnan().any(dim=-1, keepdim=True), torch.nan)
    return rounded.to(_integer(top)), scale


def scale_of(largest: Tensor, top: int) -> Tensor:
    """Give the real value of one code when `largest` is the full scale; 0 where everything is zero or denormal.

    So what cells and converters add to a row or column of nothing stays nothing.
    """
    # A tensor as divisor: torch on CUDA multiplies by the reciprocal of a number, which rounds differently.
    scale = largest.to(torch.float32) / largest.new_full((1,), float(top), dtype=torch.float32)
    return torch.where(scale < torch.finfo(torch.float32).tiny, torch.zeros_like(scale), scale)


def _rounded(x: Tensor, scale: Tensor) -> Tensor:
    return torch.round(x / torch.where(scale == 0, torch.ones_like(scale), scale))


def _integer(top: int) -> torch.dtype:
    return torch.int8 if top <= 127 else torch.int32


def _full_scale(weight: Tensor, form: WeightFormat) -> Tensor:
    """Give the magnitude `[n]` that takes each column's top code."""
    if form.full_scale is not None:
        return weight.new_full((weight.shape[0],), form.full_scale)
    shared = weight if form.scale != "tensor" else weight.reshape(1, -1)
    largest = shared.abs().amax(dim=1)
    if form.clip_sigmas is not None:
        largest = torch.minimum(largest, shared.std(dim=1, correction=0) * form.clip_sigmas)
    return largest.expand(weight.shape[0])
