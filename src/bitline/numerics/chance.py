"""Random numbers that depend only on what they are for: the seed, the place on the chip, and the vector read.

Nothing is drawn in call order. A cell's programming error is a function of its key, and the noise of one read is a
function of the key and of the input codes themselves, so that a row's result is the same in any batch, in prefill
and in cached decoding, and on any device. (Two equal vectors read by the same array therefore see equal noise.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from bitline.numerics.codes.integer import product_int8, split

Key = tuple[int | str, ...]

_TABLE_BITS = 21
_ONES = (1 << 64) - 1
_MIX = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


@lru_cache(maxsize=1 << 14)
def number(key: Key) -> int:
    """Turn a key into 63 well-mixed bits."""
    text = "\x1f".join(f"str:{part}" if isinstance(part, str) else f"int:{int(part)}" for part in key)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def generator(key: Key) -> torch.Generator:
    """Give a fresh generator for this key; always on the CPU, so that every device sees the same numbers."""
    return torch.Generator().manual_seed(number(key))


def fingerprints(codes: Tensor) -> Tensor:
    """Hash each row of integer codes `[..., k]` to an int64 `[...]`; equal rows, equal hashes.

    Zeros at the end of a row do not count, so that a longer cache of which a row sees nothing changes nothing.
    """
    rows = codes.reshape(-1, codes.shape[-1])
    weights = _hash_weights(rows.shape[1], str(codes.device))
    planes = split(rows, 1 if codes.dtype == torch.int8 else 4)
    columns = torch.cat([product_int8(plane, weights).to(torch.int64) for plane in planes], dim=1)
    if len(rows) <= _FEW:
        marks = [_mixed_number(row) for row in columns.tolist()]
        return torch.tensor(marks, dtype=torch.int64, device=codes.device).view(codes.shape[:-1])
    mixed = torch.zeros(len(rows), dtype=torch.int64, device=codes.device)
    for column in columns.unbind(1):
        mixed = _mixed(mixed ^ column)
    return mixed.view(codes.shape[:-1])


def normal_rows(rows: Tensor, keys: Sequence[Key], length: int, first: int = 0) -> Tensor:
    """Give `[..., keys * length]` standard normal numbers for fingerprints `[...]`: `length` for each key in turn.

    They are those from position `first` on.

    Each number is fixed by its row's fingerprint, its key and its position below `length`, whatever the length.
    They are windows of one table of 2**21 numbers (sums of two windows would cost twice as much): any two rows
    share a window with probability `length / 2**20`, and then shifted against each other.
    """
    table = _table(str(rows.device))
    skipped = first % _EXTRA
    cuts = range(first - skipped, first + length, _EXTRA)
    numbers = torch.tensor([number((*key, at)) for key in keys for at in cuts], dtype=torch.int64).to(rows.device)
    starts = _mixed(rows.reshape(-1, 1) ^ numbers) & ((1 << _TABLE_BITS) - 1)
    if len(cuts) == 1:
        starts, skipped, window = starts + skipped, 0, length
    else:
        window = _EXTRA
    windows = table.as_strided((len(table) - window + 1, window), (1, 1))
    drawn = torch.index_select(windows, 0, starts.flatten()).view(len(starts), len(keys), len(cuts) * window)
    return drawn[..., skipped : skipped + length].reshape(*rows.shape, len(keys) * length)


_FEW = 8
"""Rows that are sooner hashed number by number than by a hundred calls of torch."""
_EXTRA = 1 << 16
"""Numbers past the end of the table, so that every window fits."""
_HASHED = 1 << 12
"""Hash weights drawn together: those of a short row begin those of a longer one."""


@lru_cache(maxsize=8)
def _table(device: str) -> Tensor:
    body = torch.randn(1 << _TABLE_BITS, generator=generator(("table",)), dtype=torch.float64)
    body = ((body - body.mean()) / body.std(correction=0)).to(torch.float32)
    return torch.cat([body, body[:_EXTRA]]).to(device)


@lru_cache(maxsize=64)
def _hash_weights(k: int, device: str) -> Tensor:
    parts = [
        torch.randint(-128, 128, (_HASHED, 8), generator=generator(("fingerprint", at)), dtype=torch.int8)
        for at in range(0, k, _HASHED)
    ]
    return torch.cat(parts)[:k].to(device)


def _mixed(value: Tensor) -> Tensor:
    # The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014) on wrapping 64-bit integers.
    value = value + _signed(_MIX[0])
    value = (value ^ _shift(value, 30)) * _signed(_MIX[1])
    value = (value ^ _shift(value, 27)) * _signed(_MIX[2])
    return value ^ _shift(value, 31)


def _mixed_number(columns: Iterable[int]) -> int:
    """Do to numbers one after another what `_mixed` does to tensors."""
    mixed = 0
    for column in columns:
        value = ((mixed ^ (column & _ONES)) + _MIX[0]) & _ONES
        value = ((value ^ (value >> 30)) * _MIX[1]) & _ONES
        value = ((value ^ (value >> 27)) * _MIX[2]) & _ONES
        mixed = value ^ (value >> 31)
    return _signed(mixed)


def _shift(value: Tensor, by: int) -> Tensor:
    return (value >> by) & ((1 << (64 - by)) - 1)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
