"""Random numbers that depend only on what they are for: the seed, the place on the chip, and the vector read.

Nothing is drawn in call order. A cell's programming error is a function of its key, and the noise of one read is a
function of the key and of the input codes themselves, so that a row's result is the same in any batch, in prefill
and in cached decoding, and on any device. (Two equal vectors read by the same array therefore see equal noise.)
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import torch
from torch import Tensor

from bitline.numerics.integer import product_int8, split

Key = tuple[int | str, ...]

_TABLE_BITS = 21
_MIX = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def number(key: Key) -> int:
    """Turn a key into 63 well-mixed bits."""
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in key)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def generator(key: Key) -> torch.Generator:
    """Give a fresh generator for this key; always on the CPU, so that every device sees the same numbers."""
    return torch.Generator().manual_seed(number(key))


def fingerprints(codes: Tensor) -> Tensor:
    """Hash each row of integer codes `[rows, k]` to an int64 `[rows]`; equal rows, equal hashes."""
    weights = _hash_weights(codes.shape[1], str(codes.device))
    mixed = torch.zeros(codes.shape[0], dtype=torch.int64, device=codes.device)
    for plane in split(codes, 1 if codes.dtype == torch.int8 else 4):
        for column in product_int8(plane, weights).to(torch.int64).unbind(1):
            mixed = _mixed(mixed ^ column)
    return mixed


def normal_rows(rows: Tensor, key: Key, length: int) -> Tensor:
    """Give `[rows, length]` standard normal numbers, each row fixed by its fingerprint and the key.

    Rows are windows of one table of 2**21 numbers (sums of two windows would cost twice as much): any two rows
    share a window with probability `length / 2**20`, and then shifted against each other.
    """
    table = _table(str(rows.device))
    starts = _mixed(rows ^ number(key)) & ((1 << _TABLE_BITS) - 1)
    if length <= _EXTRA:
        return torch.index_select(table.as_strided((1 << _TABLE_BITS, length), (1, 1)), 0, starts)
    parts = [normal_rows(rows, (*key, at), min(_EXTRA, length - at)) for at in range(0, length, _EXTRA)]
    return torch.cat(parts, dim=1)


_EXTRA = 1 << 16
"""Numbers past the end of the table, so that every window fits."""


@lru_cache(maxsize=8)
def _table(device: str) -> Tensor:
    body = torch.randn(1 << _TABLE_BITS, generator=generator(("table",)), dtype=torch.float64)
    body = ((body - body.mean()) / body.std(correction=0)).to(torch.float32)
    return torch.cat([body, body[:_EXTRA]]).to(device)


@lru_cache(maxsize=64)
def _hash_weights(k: int, device: str) -> Tensor:
    return torch.randint(-128, 128, (k, 8), generator=generator(("fingerprint", k)), dtype=torch.int8).to(device)


def _mixed(value: Tensor) -> Tensor:
    # The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014) on wrapping 64-bit integers.
    value = value + _signed(_MIX[0])
    value = (value ^ _shift(value, 30)) * _signed(_MIX[1])
    value = (value ^ _shift(value, 27)) * _signed(_MIX[2])
    return value ^ _shift(value, 31)


def _shift(value: Tensor, by: int) -> Tensor:
    return (value >> by) & ((1 << (64 - by)) - 1)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
