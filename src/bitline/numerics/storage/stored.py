"""Codes as they come back from where they were stored."""

from __future__ import annotations

from torch import Tensor

from bitline.hardware import Storage
from bitline.numerics.chance import Key
from bitline.numerics.storage.flips import flip_bits
from bitline.numerics.storage.outlier_code import protected_read


def stored(codes: Tensor, bits: int, storage: Storage | None, key: Key) -> Tensor:
    """Give codes `[n, k]` of `bits` in two's complement as they are read; the same for the same key.

    Where nothing is stated, or no bit flips, they come back as they are.
    """
    if storage is None or storage.flipped_fraction == 0.0:
        return codes
    if storage.protection is None:
        return flip_bits(codes, bits, storage.flipped_fraction, (*key, "codes"))
    return protected_read(codes, bits, storage.flipped_fraction, storage.protection, key)
