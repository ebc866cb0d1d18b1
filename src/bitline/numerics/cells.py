"""The cells of a matrix as arrays hold them: blocks of rows, all digits side by side, ready for integer products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.behind_wires import has_wires
from bitline.numerics.codes.integer import planes_needed, split
from bitline.numerics.codes.slices import Digit, digits_of
from bitline.numerics.codes.variances import STEPS, variance_steps
from bitline.numerics.devices import (
    Age,
    Draw,
    Programmed,
    constant_variance,
    is_ideal,
    off_level,
    reach,
    reads_noisily,
    variance_reach,
)
from bitline.numerics.effective import written

_TOP = 127 * 256 + 127
"""The largest number two planes hold."""


@final
@dataclass(frozen=True, slots=True)
class Block:
    """The rows `start:stop` of a matrix on one row of arrays."""

    index: int
    start: int
    stop: int
    planes: tuple[Tensor, ...]
    """Levels `[..., rows, digits * columns]` in multiples of `Cells.unit`, as int8 planes."""
    noise: Tensor | None
    """Variance of reading each cell in multiples of `Cells.noise_unit`, int8 `[..., rows, digits * columns]` or, where
    all cells have the same, `[..., rows, 1]`; None if reads are noiseless."""


@final
@dataclass(frozen=True, slots=True)
class Cells:
    """Everything stored for one matrix `[..., n, k]`. Its units follow from the description, never from the data."""

    blocks: tuple[Block, ...]
    unit: float
    """Value of one stored step in levels: 1 for ideal cells, else fine enough for 16 bits to span them."""
    noise_unit: float
    """Value of one stored step of variance, in squared levels."""
    digits: tuple[Digit, ...]
    columns: int
    """Of each digit: one per output, and one more if a bias column stands beside them."""
    age: Age

    @property
    def stored_bytes(self) -> int:
        """Bytes over all blocks and planes."""
        noise = sum(block.noise.nbytes for block in self.blocks if block.noise is not None)
        return noise + sum(plane.nbytes for block in self.blocks for plane in block.planes)

    def holding(self, planes: Sequence[tuple[Tensor, ...]]) -> Cells:
        """Give the same cells with these planes in their blocks."""
        blocks = zip(self.blocks, planes, strict=True)
        return replace(self, blocks=tuple(replace(block, planes=each) for block, each in blocks))


def program_cells(codes: Tensor, arithmetic: Analog, draw: Draw, age: Age) -> Cells:
    """Program the codes `[..., n, k]` of all columns digit by digit, in blocks of the rows that one bitline sums."""
    digits = digits_of(arithmetic.weight, arithmetic.cell)
    widest = max(digit.bits for digit in digits)
    whole = is_ideal(arithmetic.cell, age) and not has_wires(arithmetic)
    pair = 2 if any(digit.stands == "pair" for digit in digits) else 1
    unit = 1.0 if whole else largest_stored(arithmetic) / _TOP
    count = planes_needed(widest + 1) if whole else 2
    alike = _same_variance(arithmetic, age)
    noise_unit = pair * variance_reach(arithmetic.cell, widest, age) / STEPS if alike is None else pair * alike
    held = [_stored(one, unit, noise_unit, count) for one in written(codes, arithmetic, draw, age)]
    blocks = []
    for index, rows in enumerate(arithmetic.array.blocks(codes.shape[-1])):
        start, stop = rows.start, rows.stop
        planes = _side_by_side([level[..., start:stop] for level, _ in held], count)
        noise: Tensor | None = None
        if alike:
            noise = codes.new_ones((*codes.shape[:-2], stop - start, 1), dtype=torch.int8)
        elif spreads := [part[..., start:stop] for _, part in held if part is not None]:
            noise = _side_by_side(spreads, 1)[0]
        blocks.append(Block(index, start, stop, planes, noise))
    return Cells(tuple(blocks), unit, noise_unit, digits, codes.shape[-2], age)


def _same_variance(arithmetic: Analog, age: Age) -> float | None:
    """Give the variance of one read if all cells have the same, 0 if reads are noiseless; None if cells differ."""
    cell = arithmetic.cell
    if not reads_noisily(cell):
        return 0.0
    found = {constant_variance(cell, digit.bits, age) for digit in digits_of(arithmetic.weight, cell)}
    return found.pop() if len(found) == 1 and not has_wires(arithmetic) else None


def largest_stored(arithmetic: Analog) -> float:
    """Give a bound on what is stored for one digit, in levels: a cell's level or the difference of a pair."""
    cell = arithmetic.cell
    return max(
        reach(cell, digit.bits) + (off_level(cell, digit.bits) if digit.stands == "pair" else 0.0)
        for digit in digits_of(arithmetic.weight, cell)
    )


def joined(planes: tuple[Tensor, ...], unit: float) -> Tensor:
    """Give what planes hold as float64."""
    total = planes[0].to(torch.float64)
    for place, plane in enumerate(planes[1:], start=1):
        total.add_(plane, alpha=256**place)
    return total.mul_(unit)


def _stored(one: Programmed, unit: float, noise_unit: float, count: int) -> tuple[Tensor, Tensor | None]:
    kind = torch.int16 if count <= 2 else torch.int32
    level = one.level if not one.level.is_floating_point() else one.level.div_(unit).round_()
    variance = one.variance if isinstance(one.variance, Tensor) else None
    return level.to(kind), None if variance is None else variance_steps(variance, noise_unit)


def _side_by_side(parts: Sequence[Tensor], count: int) -> tuple[Tensor, ...]:
    """Put digits `[..., columns, rows]` beside each other as planes `[..., rows, digits * columns]`."""
    return tuple(plane.transpose(-1, -2) for plane in split(torch.cat(list(parts), dim=-2), count))
