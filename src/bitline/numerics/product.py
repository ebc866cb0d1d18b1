"""Products of two activations on an engine: scores of queries with keys, weighted sums of values.

The stationary operand is written when it is made, one scale per token: a column of keys transposed (`scales="n"`)
or a row of values (`scales="k"`, folded into the moving vector before that is rounded). So a token's codes never
change when the cache grows, and prefill and cached decoding agree.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from bitline.hardware import Analog, Arithmetic, Floating
from bitline.numerics.cells import program_cells
from bitline.numerics.chance import Key
from bitline.numerics.codes import scale_of
from bitline.numerics.exact import Exact

_CHUNK = 1024


def product(
    moving: Tensor, stationary: Tensor, arithmetic: Arithmetic, *, scales: Literal["k", "n"], key: Key
) -> Tensor:
    """Multiply `[..., m, k]` by `[..., k, n]` as the engine does; float in, float out."""
    if isinstance(arithmetic, Floating):
        return moving @ stationary
    held = stationary.to(torch.float32)
    scale = scale_of(held.abs().amax(dim=-2 if scales == "n" else -1, keepdim=True), arithmetic.weight.bits)
    codes = torch.round(held / scale)
    vectors = moving.to(torch.float32)
    if scales == "k":
        vectors = vectors * scale.transpose(-1, -2)
    step = scale_of(vectors.abs().amax(dim=-1, keepdim=True), arithmetic.input.bits)
    sums = _sums(torch.round(vectors / step), codes, arithmetic, key).mul_(step)
    return (sums.mul_(scale) if scales == "n" else sums).to(moving.dtype)


def _sums(vectors: Tensor, codes: Tensor, arithmetic: Arithmetic, key: Key) -> Tensor:
    if isinstance(arithmetic, Analog):
        return _analog(vectors, codes, arithmetic, key)
    assert not isinstance(arithmetic, Floating)
    if max(arithmetic.weight.bits, arithmetic.input.bits) > 8:
        return (vectors.to(torch.float64) @ codes.to(torch.float64)).to(torch.float32)
    total: Tensor | None = None
    # Whole numbers of 8 bits stay exact in float32 sums of up to 1024 products.
    for start in range(0, codes.shape[-2], _CHUNK):
        part = vectors[..., start : start + _CHUNK] @ codes[..., start : start + _CHUNK, :]
        total = part if total is None else total.to(torch.float64) + part
    assert total is not None
    return total.to(torch.float32)


def _analog(vectors: Tensor, codes: Tensor, arithmetic: Analog, key: Key) -> Tensor:
    lead = (vectors[..., 0, 0] + codes[..., 0, 0]).shape
    left = vectors.expand(*lead, *vectors.shape[-2:]).reshape(-1, *vectors.shape[-2:])
    right = codes.expand(*lead, *codes.shape[-2:]).reshape(-1, *codes.shape[-2:])
    outs = [_one(a, b, arithmetic, key) for a, b in zip(left, right, strict=True)]
    return torch.stack(outs).reshape(*lead, vectors.shape[-2], codes.shape[-1])


def _one(vectors: Tensor, codes: Tensor, arithmetic: Analog, key: Key) -> Tensor:
    integer = torch.int8 if max(arithmetic.weight.bits, arithmetic.input.bits) <= 8 else torch.int32
    held = codes.t().contiguous().to(integer)
    exact = Exact(program_cells(held, arithmetic, key), held, arithmetic, key)
    return exact.sums(vectors.to(integer)).to(torch.float32)
