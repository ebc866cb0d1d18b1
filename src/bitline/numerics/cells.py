"""The cells of a matrix as arrays hold them: blocks of rows, all slices side by side, ready for integer products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.chance import Key
from bitline.numerics.effective import slice_levels
from bitline.numerics.integer import split
from bitline.numerics.programming import off_level
from bitline.numerics.slices import largest_level, slice_count

_TOP = 127 * 256 + 127


@final
@dataclass(frozen=True, slots=True)
class Block:
    """The rows `start:stop` of a matrix on one row of arrays."""

    start: int
    stop: int
    planes: tuple[Tensor, ...]
    """Levels `[rows, slices * n]` in multiples of `Cells.unit`, as int8 planes."""


@final
@dataclass(frozen=True, slots=True)
class Cells:
    """Everything stored for one matrix `[n, k]`."""

    blocks: tuple[Block, ...]
    unit: float
    """Value of one stored step in levels: 1 for ideal cells, else fine enough for 16 bits to span them."""
    slices: int
    columns: int

    @property
    def stored_bytes(self) -> int:
        """Bytes over all blocks and planes."""
        return sum(plane.nbytes for block in self.blocks for plane in block.planes)


def program_cells(codes: Tensor, arithmetic: Analog, key: Key) -> Cells:
    """Program codes `[n, k]` slice by slice and cut them into blocks of the rows one bitline sums."""
    count = slice_count(arithmetic.weight, arithmetic.cell)
    ideal = arithmetic.cell.programming_noise is None
    slices = [slice_levels(codes, arithmetic, key, index) for index in range(count)]
    largest = max(float(part.abs().amax()) for part in slices)
    unit = 1.0 if ideal else max(largest, largest_level(arithmetic.cell)) / _TOP
    together = torch.cat(slices).div_(unit).round_().to(torch.int16)
    rows = arithmetic.array.rows_at_once
    blocks = []
    for start in range(0, codes.shape[1], rows):
        part = together[:, start : start + rows].contiguous().to(torch.int32)
        planes = tuple(plane.t() for plane in split(part, 1 if ideal and largest <= 127 else 2))
        blocks.append(Block(start, min(start + rows, codes.shape[1]), planes))
    return Cells(tuple(blocks), unit, count, codes.shape[0])


def read_variance(cells: Cells, arithmetic: Analog, block: Block, digits: Tensor) -> Tensor | None:
    """Give the variance of a bitline sum from fresh read noise, `[rows, 1]` or `[rows, slices * n]`, in levels."""
    noise = arithmetic.cell.read_noise
    if noise is None:
        return None
    squares = digits.to(torch.float32).square_()
    devices = 2 if arithmetic.weight.encoding == "differential" else 1
    if noise.of == "range":
        sigma = noise.sigma_fraction * largest_level(arithmetic.cell)
        return squares.sum(dim=1, keepdim=True) * (devices * sigma * sigma)
    level = sum(plane.to(torch.float32) * (256**place * cells.unit) for place, plane in enumerate(block.planes))
    assert isinstance(level, Tensor)
    rest = off_level(arithmetic.cell)
    state = (level.abs() + rest).square_() + (devices - 1) * rest * rest
    return (squares @ state) * (noise.sigma_fraction**2)
