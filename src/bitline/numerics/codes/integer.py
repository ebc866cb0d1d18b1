"""Exact integer matrix products, the one operation everything a chip computes is made of.

Codes are split into balanced base-256 digits ("planes") so that each product is one of 8-bit integers with 32-bit
sums: exact, the same on every device and for every split of the batch, and on processors with integer dot-product
instructions several times faster than a float product of the same shape.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import torch
from torch import Tensor

_CHUNK = 1024
"""Inner length over which products of two 8-bit codes stay exact in float32 sums: 1024 * 128 * 128 = 2**24."""
_FEW = 32
"""Vectors up to which a product waits for memory more than for arithmetic."""
_CACHED = 512
"""Columns that caches hold."""
_LONGEST = 131071
"""Inner length over which they stay exact in 32-bit sums: 131071 * 128 * 128 < 2**31."""


def planes_needed(bits: int) -> int:
    """Count the balanced base-256 digits, each -128..127, that hold codes up to `2**(bits-1) - 1`."""
    return planes_for((1 << (bits - 1)) - 1)


def planes_for(largest: int) -> int:
    """Count the balanced base-256 digits that hold numbers up to `largest`."""
    count, reach = 1, 127
    while reach < largest:
        count, reach = count + 1, reach * 256 + 127
    return count


def split(codes: Tensor, count: int) -> tuple[Tensor, ...]:
    """Split integer codes into `count` int8 planes, least significant first: `codes = sum(plane[i] * 256**i)`."""
    planes = []
    rest = codes
    for _ in range(count - 1):
        # The lowest byte with its sign is the balanced digit: what conversion to int8 keeps.
        low = rest.to(torch.int8)
        planes.append(low)
        rest = (rest - low) >> 8
    planes.append(rest.to(torch.int8))
    return tuple(planes)


def product(left: tuple[Tensor, ...], right: tuple[Tensor, ...]) -> Tensor:
    """Multiply planes of `[..., m, k]` by planes of `[..., k, n]`; int32 for single planes, else int64."""
    if len(left) == 1 and len(right) == 1:
        return product_int8(left[0], right[0])
    shape = (*left[0].shape[:-1], right[0].shape[-1])
    total = torch.zeros(shape, dtype=torch.int64, device=left[0].device)
    for j, b in enumerate(right):
        for i, part in enumerate(by_planes(left, b)):
            total.add_(part, alpha=1 << (8 * (i + j)))
    return total


def by_planes(left: tuple[Tensor, ...], right: Tensor) -> Iterable[Tensor]:
    """Multiply each plane `[..., m, k]` by one `[..., k, n]`, exactly; that is read once where vectors are few."""
    vectors = left[0].shape[-2]
    if len(left) == 1 or vectors > _FEW:
        return (product_int8(plane, right) for plane in left)
    if vectors > 1 or right.device.type != "cpu":
        return product_int8(torch.cat(left, dim=-2), right).chunk(len(left), dim=-2)
    # Products with one vector are quick, as long as caches hold what planes meet one after another.
    parts = [[product_int8(plane, some) for plane in left] for some in torch.split(right, _CACHED, dim=-1)]
    return [torch.cat(one, dim=-1) for one in zip(*parts, strict=True)]


def product_int8(left: Tensor, right: Tensor) -> Tensor:
    """Multiply int8 `[..., m, k]` by int8 `[..., k, n]` exactly: into int32, or int64 for k above 131071.

    There is at most one leading dimension, and both operands have it.
    """
    k = left.shape[-1]
    if k > _LONGEST:
        first = product_int8(left[..., :_LONGEST], right[..., :_LONGEST, :]).to(torch.int64)
        return first + product_int8(left[..., _LONGEST:], right[..., _LONGEST:, :])
    if k == 1:
        # torch 2.13 leaves this case uninitialised on the CPU when there are several columns.
        return left.to(torch.int32) * right.to(torch.int32)
    device = left.device.type
    if not _integer_products_work(device) or (left.dim() == 3 and device == "cuda"):
        return _by_floats(left, right)
    if left.dim() == 3:
        return torch.stack([torch._int_mm(a, b) for a, b in zip(left, right, strict=True)])
    return _padded(left, right) if device == "cuda" else torch._int_mm(left, right)


@lru_cache(maxsize=4)
def _integer_products_work(device: str) -> bool:
    """Try the device's integer product where implementations saturate: on extremes, in odd shapes."""
    if device not in ("cpu", "cuda"):
        return False
    try:
        for m, k, n in ((1, 2, 3), (5, 67, 33), (40, 512, 96)):
            draw = torch.Generator().manual_seed(k)
            left = torch.randint(-128, 128, (m, k), generator=draw, dtype=torch.int8)
            right = torch.randint(-128, 128, (k, n), generator=draw, dtype=torch.int8)
            left[0], right[:, 0] = -128, -128
            right[:, 1] = 127
            wanted = (left.to(torch.float64) @ right.to(torch.float64)).to(torch.int32)
            multiply = _padded if device == "cuda" else torch._int_mm
            for held in (right.to(device), right.t().contiguous().t().to(device)):
                if not torch.equal(multiply(left.to(device), held).cpu(), wanted):
                    return False
    except (RuntimeError, NotImplementedError):
        return False
    return True


def _padded(left: Tensor, right: Tensor) -> Tensor:
    # cuBLASLt asks for more than 16 rows and for inner and outer lengths that are multiples of 8.
    m, k = left.shape
    n = right.shape[1]
    rows, inner, columns = max(0, 17 - m), -k % 8, -n % 8
    if rows or inner:
        left = torch.nn.functional.pad(left, (0, inner, 0, rows))
    if inner or columns:
        right = torch.nn.functional.pad(right, (0, columns, 0, inner))
    return torch._int_mm(left, right)[:m, :n]


def _by_floats(left: Tensor, right: Tensor) -> Tensor:
    total = torch.zeros((*left.shape[:-1], right.shape[-1]), dtype=torch.int32, device=left.device)
    for start in range(0, left.shape[-1], _CHUNK):
        part = slice(start, start + _CHUNK)
        total += (left[..., part].float() @ right[..., part, :].float()).to(torch.int32)
    return total
