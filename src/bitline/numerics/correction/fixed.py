"""Fixed-point numbers as whole ones, and what happens to those that do not fit."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor


def limits(bits: int, *, signed: bool) -> tuple[int, int]:
    """Give the smallest and largest whole number of so many bits, in two's complement if signed."""
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def to_fixed(values: Tensor, integer_bits: int, fraction_bits: int, *, signed: bool) -> Tensor:
    """Give values as int64 multiples of 2**-fraction_bits: rounded half to even, saturated.

    The sign is one of the integer bits.
    """
    low, high = limits(integer_bits + fraction_bits, signed=signed)
    scaled = values.to(torch.float64) * 2.0**fraction_bits
    return torch.round(scaled).clamp_(low, high).to(torch.int64)


def saturate(values: Tensor, bits: int, *, signed: bool = True) -> Tensor:
    """Replace whole numbers that do not fit into so many bits by the nearest that do."""
    return values.clamp(*limits(bits, signed=signed))


def wrap(values: Tensor, bits: int) -> Tensor:
    """Keep the low bits of integers, read as two's complement: what an adder without guard makes of them."""
    half = 1 << (bits - 1)
    return ((values + half) & ((1 << bits) - 1)) - half


def accumulated(total: Tensor, term: Tensor, bits: int | None, overflow: Literal["saturate", "wrap"]) -> Tensor:
    """Add a term to a total of int64, in an accumulator of so many bits; overwrites the total.

    A saturating accumulator depends on the order of its terms: digits from the least significant up within a pulse,
    pulses in the order in which they are sent, blocks of rows last.
    """
    total.add_(term)
    if bits is None:
        return total
    return total.clamp_(*limits(bits, signed=True)) if overflow == "saturate" else wrap(total, bits)
