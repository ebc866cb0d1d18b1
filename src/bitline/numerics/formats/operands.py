"""Attention products with keys and values kept in few bits: each token in each head is rounded for itself.

Keys and values are rounded as attention meets them, so after rotary embeddings, and a prompt's own tokens too: what a
token leaves depends on it alone, and cached decoding equals prefill. (Engines that attend to a prompt before they round
it are a little better; which ones do is seldom stated.)
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from bitline.hardware import Integer
from bitline.hardware.formats import ValueFormat
from bitline.numerics.codes import integer
from bitline.numerics.formats.rounding import Rounded, rounded, top_of
from bitline.numerics.formats.whole_numbers import moving_codes

_CHUNK = 1 << 21
"""Results held at a time as float64, over all matrices of a batch."""


def kept_product(moving: Tensor, stationary: Tensor, arithmetic: Integer, scales: Literal["k", "n"]) -> Tensor:
    """Multiply `[..., m, k]` by `[..., k, n]` into float32 `[..., m, n]`; tokens are columns (`scales="n"`) or rows."""
    tokens = stationary.mT if scales == "n" else stationary
    lead = (moving[..., 0, 0] + tokens[..., 0, 0]).shape
    left, right = (part.expand(*lead, *part.shape[-2:]).reshape(-1, *part.shape[-2:]) for part in (moving, tokens))
    multiply = _scores if scales == "n" else _context
    together = max(1, _CHUNK // max(1, left.shape[1] * max(right.shape[1:])))
    groups = zip(torch.split(left, together), torch.split(right, together), strict=True)
    found = torch.cat([multiply(vectors, held, arithmetic) for vectors, held in groups])
    return found.view(*lead, *found.shape[-2:])


def _scores(queries: Tensor, keys: Tensor, arithmetic: Integer) -> Tensor:
    held, top = _held(keys, arithmetic)
    codes, step = _moving(queries, arithmetic)
    total: Tensor | None = None
    for part, scale in held.parts():
        sums = _sums(codes[..., part], held.codes[..., part].mT, top, arithmetic)
        shifted = sums.to(torch.float64).mul_(scale.mT)
        total = shifted if total is None else total.add_(shifted)
    assert total is not None
    return total.mul_(step).to(torch.float32)


def _context(shares: Tensor, values: Tensor, arithmetic: Integer) -> Tensor:
    held, top = _held(values, arithmetic)
    mixed = []
    for part, scale in held.parts():
        # Tokens of unequal scales cannot be added up as whole numbers, so a scale goes with its token's share.
        codes, step = _moving(shares.to(torch.float32) * scale.mT, arithmetic)
        mixed.append(_sums(codes, held.codes[..., part], top, arithmetic).to(torch.float32).mul_(step))
    return torch.cat(mixed, dim=-1)


def _held(tokens: Tensor, arithmetic: Integer) -> tuple[Rounded, int]:
    form = arithmetic.formats.cache or ValueFormat(bits=arithmetic.weight.bits)
    return rounded(tokens, form), top_of(form)


def _moving(x: Tensor, arithmetic: Integer) -> tuple[Tensor, Tensor]:
    return moving_codes(x, arithmetic.input, arithmetic.formats.input)


def _sums(codes: Tensor, tokens: Tensor, top: int, arithmetic: Integer) -> Tensor:
    left = integer.split(codes, integer.planes_for(arithmetic.input.top_code))
    return integer.product(left, integer.split(tokens, integer.planes_for(top)))
