"""Block floating point: values that stand side by side share the exponent of their largest, each has a mantissa.

The exponent is that of the largest magnitude, `floor(log2)`, so that its mantissa uses all bits. What the published
formats leave open is decided here: mantissas are symmetric and rounded half to even; a largest value that would
round up to one bit more is cut to the top mantissa (as in the OCP microscaling formats), so that it never makes
its neighbours coarser; exponents reach from -(2**(bits-1) - 1) to 2**(bits-1) - 1, below which values fade to zero
and above which they are cut. What is not finite makes its whole block NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.errors import outside

_LARGEST_MANTISSA_BITS = 24
_DEEPEST = 149
"""The smallest float32 is 2**-149."""


@final
@dataclass(frozen=True, slots=True)
class BlockFloat:
    """Values `[..., k]` in blocks along their last dimension; the last block may be shorter."""

    mantissas: Tensor
    """Whole numbers `[..., k]`: int8 up to 8 bits, else int32."""
    steps: Tensor
    """What a mantissa of one is worth in each block, `[..., blocks]`: powers of two as float64, or NaN."""
    block: int

    def parts(self) -> Iterator[tuple[slice, Tensor]]:
        """Give where each block is, and its steps `[..., 1]`."""
        for index in range(self.steps.shape[-1]):
            start = index * self.block
            yield slice(start, start + self.block), self.steps[..., index : index + 1]

    def values(self) -> Tensor:
        """Give the real numbers `[..., k]` as float32."""
        steps = self.steps.repeat_interleave(self.block, dim=-1)[..., : self.mantissas.shape[-1]]
        return (self.mantissas.to(torch.float64) * steps).to(torch.float32)


def block_float(x: Tensor, mantissa_bits: int, exponent_bits: int, block: int) -> BlockFloat:
    """Turn values `[..., k]` into blocks of `block` along the last dimension; mantissa bits include the sign.

    Raises:
        ConfigError: a number of bits or values is out of its range.

    """
    _refuse(mantissa_bits, exponent_bits, block)
    k = x.shape[-1]
    block = min(block, max(k, 1))
    padded = torch.nn.functional.pad(x.detach().to(torch.float32), (0, -k % block))
    cut = padded.reshape(*x.shape[:-1], -1, block)
    largest = cut.abs().amax(dim=-1)
    finite = torch.isfinite(largest)
    places = _exponents(largest.where(finite, 0.0), exponent_bits) - (mantissa_bits - 2)
    top = (1 << (mantissa_bits - 1)) - 1
    # In two halves, since 2**-places may be more than float32 holds; what fades on the way would round to zero.
    half = -places // 2
    mantissas = cut * power_of_two(half).to(torch.float32)[..., None]
    mantissas = mantissas.mul_(power_of_two(-places - half).to(torch.float32)[..., None]).round_().clamp_(-top, top)
    mantissas = mantissas.masked_fill_(~finite[..., None], 0.0).to(torch.int8 if mantissa_bits <= 8 else torch.int32)
    steps = power_of_two(places).where(finite, torch.nan)
    return BlockFloat(mantissas.reshape(*x.shape[:-1], -1)[..., :k], steps, block)


def power_of_two(exponents: Tensor) -> Tensor:
    """Give `2**exponents` exactly, as float64, for -1022 to 1023."""
    # Put together from its bits: `torch.pow` need not be exact.
    return (exponents.to(torch.int64) + 1023 << 52).view(torch.float64)


def _exponents(largest: Tensor, bits: int) -> Tensor:
    """Give `floor(log2(largest))` within what the bits hold; the smallest for zero."""
    high = min((1 << (bits - 1)) - 1, 127)
    low = max(1 - (1 << (bits - 1)), -_DEEPEST)
    exponents = torch.frexp(largest).exponent.to(torch.int64) - 1
    return exponents.where(largest > 0, low).clamp_(low, high)


def _refuse(mantissa_bits: int, exponent_bits: int, block: int) -> None:
    if not 2 <= mantissa_bits <= _LARGEST_MANTISSA_BITS:
        raise outside("mantissa_bits", mantissa_bits, 2, _LARGEST_MANTISSA_BITS, "bits")
    if not 1 <= exponent_bits <= 32:
        raise outside("exponent_bits", exponent_bits, 1, 32, "bits")
    if block < 1:
        raise outside("block", block, 1, 1 << 31, "values")
