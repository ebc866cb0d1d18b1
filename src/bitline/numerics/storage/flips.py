"""Stored bits that are read wrong: each with the same probability, on its own, always the same ones."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bitline.numerics.chance import Key, generator
from bitline.numerics.codes.quantise import top_code

_DRAWN = 1 << 20
"""Gaps drawn at a time."""


def flip_bits(codes: Tensor, bits: int, rate: float, key: Key) -> Tensor:
    """Give codes as they are read when each of their `bits` in two's complement is flipped at this rate.

    Which bits flip depends on the key, the rate and their place in `codes` alone. Patterns beyond the top code (one
    below its negative; two of the two bits of a one-bit code) are read as the nearest code, since what comes after
    has none for them.
    """
    width = max(2, bits)
    places = flipped_places(codes.numel() * width, rate, key).to(codes.device)
    hit, which = torch.unique_consecutive(places // width, return_inverse=True)
    masks = torch.zeros(len(hit), dtype=torch.int64, device=codes.device).index_add_(0, which, 1 << places % width)
    read, top, sign = codes.flatten().clone(), top_code(bits), 1 << (width - 1)
    pattern = (read[hit].to(torch.int64) ^ masks) & ((1 << width) - 1)
    read[hit] = ((pattern ^ sign) - sign).clamp_(-top, top).to(codes.dtype)
    return read.view(codes.shape)


def flipped_places(count: int, rate: float, key: Key) -> Tensor:
    """Draw which of `count` bits flip, in rising order, as int64.

    The gaps between flips are geometric, so that only flips cost time; no number of bits is too large.
    """
    if rate <= 0.0 or count == 0:
        return torch.empty(0, dtype=torch.int64)
    if rate >= 1.0:
        return torch.arange(count)
    source, per_gap = generator(("flip", *key)), math.log1p(-rate)
    found, last = [], -1
    while last < count:
        drawn = min(_DRAWN, 64 + int(1.1 * (count - last) * rate))
        drawn_evenly = torch.rand(drawn, generator=source, dtype=torch.float64)
        gaps = drawn_evenly.neg_().log1p_().div_(per_gap).ceil_().clamp_(1.0, count + 1.0).to(torch.int64)
        places = gaps.cumsum(0).add_(last)
        found.append(places[places < count])
        last = int(places[-1])
    return torch.cat(found)
