"""The cells of a matrix as arrays hold them: blocks of rows, all slices side by side, ready for integer products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.effective import slice_levels
from bitline.numerics.integer import planes_needed, split
from bitline.numerics.programming import Draw, off_level, reach, strays
from bitline.numerics.slices import largest_level, slice_count

_TOP = 127 * 256 + 127
"""The largest number two planes hold."""


@final
@dataclass(frozen=True, slots=True)
class Block:
    """The rows `start:stop` of a matrix on one row of arrays."""

    start: int
    stop: int
    planes: tuple[Tensor, ...]
    """Levels `[..., rows, slices * n]` in multiples of `Cells.unit`, as int8 planes."""
    noise: tuple[Tensor, ...]
    """Variance of reading each cell in multiples of `Cells.noise_unit`, `[..., rows, slices * n]` or, where all cells
    have the same, `[..., rows, 1]`; no planes if reads are noiseless."""


@final
@dataclass(frozen=True, slots=True)
class Cells:
    """Everything stored for one matrix `[..., n, k]`. Its units follow from the description, never from the data."""

    blocks: tuple[Block, ...]
    unit: float
    """Value of one stored step in levels: 1 for ideal cells, else fine enough for 16 bits to span them."""
    noise_unit: float
    """Value of one stored step of variance, in squared levels."""
    slices: int
    columns: int

    @property
    def stored_bytes(self) -> int:
        """Bytes over all blocks and planes."""
        return sum(plane.nbytes for block in self.blocks for plane in (*block.planes, *block.noise))


def program_cells(codes: Tensor, arithmetic: Analog, draw: Draw) -> Cells:
    """Program codes `[..., n, k]` slice by slice and cut them into blocks of the rows one bitline sums."""
    cell = arithmetic.cell
    ideal = not strays(cell.programming_noise)
    unit = 1.0 if ideal else reach(arithmetic) / _TOP
    count = planes_needed(cell.bits + 1) if ideal else 2
    noise_unit = _noise_unit(arithmetic)
    slices = [
        slice_levels(codes, arithmetic, draw, index).div_(unit).round_().to(torch.int16 if count <= 2 else torch.int32)
        for index in range(slice_count(arithmetic.weight, cell))
    ]
    blocks = []
    for start in range(0, codes.shape[-1], arithmetic.array.rows_at_once):
        stop = min(start + arithmetic.array.rows_at_once, codes.shape[-1])
        stored = torch.cat([part[..., start:stop] for part in slices], dim=-2)
        planes = tuple(plane.transpose(-1, -2) for plane in split(stored, count))
        blocks.append(Block(start, stop, planes, _noise_planes(stored, unit, arithmetic, noise_unit)))
    return Cells(tuple(blocks), unit, noise_unit, len(slices), codes.shape[-2])


def joined(planes: tuple[Tensor, ...], unit: float) -> Tensor:
    """Give what planes hold as float64."""
    total = planes[0].to(torch.float64)
    for place, plane in enumerate(planes[1:], start=1):
        total.add_(plane, alpha=256**place)
    return total.mul_(unit)


def _noise_unit(arithmetic: Analog) -> float:
    noise = arithmetic.cell.read_noise
    if noise is None or not strays(noise):
        return 0.0
    devices = 2 if arithmetic.weight.encoding == "differential" else 1
    if noise.of == "range":
        return devices * (noise.sigma_fraction * largest_level(arithmetic.cell)) ** 2
    rest = off_level(arithmetic.cell)
    largest = (reach(arithmetic) + rest) ** 2 + (devices - 1) * rest**2
    return noise.sigma_fraction**2 * largest / _TOP


def _noise_planes(stored: Tensor, unit: float, arithmetic: Analog, noise_unit: float) -> tuple[Tensor, ...]:
    """Store the variance of reading cells `[..., slices * n, rows]`; the other cell of a pair is taken to be off."""
    noise = arithmetic.cell.read_noise
    if noise is None or not strays(noise):
        return ()
    if noise.of == "range":
        return (stored.new_ones((*stored.shape[:-2], stored.shape[-1], 1), dtype=torch.int8),)
    rest = off_level(arithmetic.cell)
    level = stored.to(torch.float32).mul_(unit)
    if arithmetic.weight.encoding == "differential":
        variance = level.abs_().add_(rest).square_().add_(rest**2)
    else:
        variance = level.add_(rest).square_()
    steps = variance.mul_(noise.sigma_fraction**2 / noise_unit).round_().to(torch.int16)
    return tuple(plane.transpose(-1, -2) for plane in split(steps, 2))
