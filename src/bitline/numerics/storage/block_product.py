"""Attention products with keys and values kept in block floating point.

Within a block mantissas are multiplied and added up as whole numbers; a block's sum is shifted by the exponents of
both sides, and the shifted sums are added block after block as float64, rounded once to float32 (a wide accumulator:
our choice, nothing is published). Each result depends on its own two vectors alone: not on the batch, nor on how
long the cache is.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.hardware import BlockFloating
from bitline.numerics.codes import integer
from bitline.numerics.storage.block_float import BlockFloat, block_float

_CHUNK = 1 << 21
"""Results held at a time as float64, over all matrices of a batch."""


def block_scores(query: Tensor, key: Tensor, arithmetic: BlockFloating) -> Tensor:
    """Multiply queries `[..., m, d]` with keys `[..., t, d]`, both in blocks along d, into float32 `[..., m, t]`."""
    lead, queries, keys = _matched(query, key)
    together = max(1, _CHUNK // max(1, queries.shape[1] * keys.shape[1]))
    groups = zip(torch.split(queries, together), torch.split(keys, together), strict=True)
    sums = torch.cat([_scores(left, right, arithmetic) for left, right in groups])
    return sums.view(*lead, *sums.shape[-2:])


def block_context(shares: Tensor, value: Tensor, arithmetic: BlockFloating) -> Tensor:
    """Add up values `[..., t, d]`, in blocks along d as they were written, by shares `[..., m, t]`: `[..., m, d]`.

    A token's step is multiplied into its share, as tokens of unequal steps cannot be added up as whole numbers; the
    products of one vector of shares and one block then have one exponent, whatever the number of tokens.
    """
    lead, vectors, values = _matched(shares, value)
    together = max(1, _CHUNK // max(1, vectors.shape[1] * max(vectors.shape[2], values.shape[2])))
    groups = zip(torch.split(vectors, together), torch.split(values, together), strict=True)
    sums = torch.cat([_context(left, right, arithmetic) for left, right in groups])
    return sums.view(*lead, *sums.shape[-2:])


def _matched(moving: Tensor, stationary: Tensor) -> tuple[torch.Size, Tensor, Tensor]:
    lead = (moving[..., 0, 0] + stationary[..., 0, 0]).shape
    left, right = (part.expand(*lead, *part.shape[-2:]).reshape(-1, *part.shape[-2:]) for part in (moving, stationary))
    return lead, left, right


def _scores(query: Tensor, key: Tensor, arithmetic: BlockFloating) -> Tensor:
    left = _blocks(query, arithmetic.input.bits, arithmetic)
    right = _blocks(key, arithmetic.weight.bits, arithmetic)
    total: Tensor | None = None
    for (part, step), (_, other) in zip(left.parts(), right.parts(), strict=True):
        whole = _product(left.mantissas[..., part], right.mantissas[..., part].mT, arithmetic)
        shifted = whole.to(torch.float64).mul_(step).mul_(other.mT)
        total = shifted if total is None else total.add_(shifted)
    assert total is not None
    return total.to(torch.float32)


def _context(shares: Tensor, value: Tensor, arithmetic: BlockFloating) -> Tensor:
    held = _blocks(value, arithmetic.weight.bits, arithmetic)
    mixed = []
    for part, steps in held.parts():
        vectors = shares.to(torch.float32) * steps.mT.to(torch.float32)
        moving = block_float(vectors, arithmetic.input.bits, arithmetic.exponent.bits, vectors.shape[-1])
        whole = _product(moving.mantissas, held.mantissas[..., part], arithmetic)
        mixed.append(whole.to(torch.float32).mul_(moving.steps.to(torch.float32)))
    return torch.cat(mixed, dim=-1)


def _blocks(x: Tensor, mantissa_bits: int, arithmetic: BlockFloating) -> BlockFloat:
    return block_float(x, mantissa_bits, arithmetic.exponent.bits, arithmetic.exponent.values)


def _product(moving: Tensor, held: Tensor, arithmetic: BlockFloating) -> Tensor:
    left = integer.split(moving, integer.planes_needed(arithmetic.input.bits))
    return integer.product(left, integer.split(held, integer.planes_needed(arithmetic.weight.bits)))
