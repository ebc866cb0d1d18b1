"""Fresh noise of one conversion: of the cells that are read, and of what stands between bitline and converter."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.cells import Block, Cells
from bitline.numerics.chance import Key, fingerprints, normal_rows
from bitline.numerics.codes.integer import planes_for, split
from bitline.numerics.codes.pulses import Train, top_digit
from bitline.numerics.codes.slices import largest_level
from bitline.numerics.codes.variances import spread_of
from bitline.numerics.conversion import Conversion, largest_sum
from bitline.numerics.converters import Value
from bitline.numerics.devices import NEW, Age, reads_noisily, sampling_variance

_NARROW = 180
"""Digits whose squares fit in two bytes and their planes."""
_LITTLE = 1 << 17
"""Random numbers drawn in one go."""


def noisy(arithmetic: Analog) -> bool:
    """Say whether reading the same cells twice gives different sums."""
    comparator = arithmetic.adc.noise_codes > 0 and arithmetic.adc.bits is not None and arithmetic.adc.kind != "ideal"
    return reads_noisily(arithmetic.cell) or output_variance(arithmetic, NEW) > 0.0 or comparator


def output_variance(arithmetic: Analog, age: Age) -> float:
    """Give the variance that is added behind the bitline of one array, in squared levels."""
    rows = arithmetic.array.rows_at_once
    behind = (arithmetic.output_noise_fraction * largest_sum(arithmetic, rows)) ** 2
    cell = arithmetic.cell
    if cell.summation != "charge" or cell.capacitance_farad is None or cell.read_voltage_v is None:
        return behind
    full = sampling_variance(
        capacitors=rows, capacitance_farad=cell.capacitance_farad, volts=cell.read_voltage_v, kelvin=age.kelvin
    )
    return behind + full * largest_level(cell) ** 2


@final
class ReadNoise:
    r"""The noise that vectors of codes `[..., rows, k]` meet.

    A cell of deviation $\sigma$ driven by digit $x$ adds $x^2 \sigma^2$ to the variance of its bitline; an array of
    which no row carries a code for a vector is not read for it and adds nothing. What is drawn is named by vector,
    pulse, block, digit and column: neither other vectors nor more rows or columns change it.
    """

    def __init__(
        self, cells: Cells, arithmetic: Analog, codes: Tensor, key: Key, transfer: Conversion | None = None
    ) -> None:
        self.cells, self.arithmetic, self.codes, self.key, self.transfer = cells, arithmetic, codes, key, transfer
        self.marks = fingerprints(codes)
        self._drawn: dict[tuple[tuple[int, ...], int], Tensor] = {}
        self._driven: dict[tuple[tuple[int, ...], int], tuple[Tensor, ...]] = {}

    def disturbed(self, sums: Tensor, train: Train, block: Block, columns: slice | None = None) -> Tensor:
        """Add noise to the sums of some columns, `[..., pulses * rows, columns]` in multiples of `cells.unit`; float32.

        They are columns of one digit, or all of several.
        """
        each = self.cells.columns
        some = slice(0, len(self.cells.digits) * each) if columns is None else columns
        digits = range(some.start // each, -(-some.stop // each))
        first, length = some.start % each, min(each, some.stop - some.start)
        noise = self._noise(train, block, digits, first, length)
        spread = self._variance(train, block, some).sqrt_()
        if self.cells.unit != 1.0:
            spread.div_(self.cells.unit)
        return noise.mul_(spread).add_(sums)

    def _noise(self, train: Train, block: Block, digits: range, first: int, length: int) -> Tensor:
        """Draw for some columns of a block; for all blocks in one go where that is little."""
        count, width = len(train.weights), len(digits) * length
        little = self.marks.numel() * count * width * len(self.cells.blocks) <= _LITTLE
        drawn = self._drawn.pop((train.weights, block.index), None)
        if drawn is None:
            blocks = self.cells.blocks[block.index :] if little else (block,)
            keys = [
                (*self.key, "read", weight, at.start, digit)
                for at in blocks
                for weight in train.weights
                for digit in digits
            ]
            found = normal_rows(self.marks, keys, length, first).chunk(len(blocks), dim=-1)
            drawn = found[0]
            self._drawn.update({(train.weights, at.index): one for at, one in zip(blocks[1:], found[1:], strict=True)})
        if count == 1:
            return drawn
        return drawn.view(*drawn.shape[:-1], count, width).transpose(-2, -3).flatten(-3, -2)

    def _behind(self, block: Block) -> Value:
        behind: Value = output_variance(self.arithmetic, self.cells.age)
        if self.transfer is not None and self.arithmetic.adc.noise_codes:
            behind = behind + (self.transfer.at(block.index)[0] * self.arithmetic.adc.noise_codes) ** 2
        return behind.to(self.codes.device) if isinstance(behind, Tensor) else behind

    def _variance(self, train: Train, block: Block, columns: slice) -> Tensor:
        behind = self._behind(block)
        variance: Tensor | None = None
        if isinstance(behind, Tensor) or behind:
            read = self.codes[..., block.start : block.stop].ne(0).any(dim=-1, keepdim=True)
            behind = behind[columns] if isinstance(behind, Tensor) else behind
            variance = (read * behind).to(torch.float32)
            variance = torch.cat([variance] * len(train.weights), dim=-2)
        if block.noise is not None:
            held = block.noise if block.noise.shape[-1] == 1 else block.noise[..., columns]
            cells = spread_of(self._squares(train, block), held).mul_(self.cells.noise_unit)
            variance = cells if variance is None else cells.add_(variance)
        assert variance is not None
        return variance

    def _squares(self, train: Train, block: Block) -> tuple[Tensor, ...]:
        """Give the squares of what drives a block as int8 planes, made once for all columns."""
        which = (train.weights, block.index)
        if which not in self._driven:
            digits, top = train.digits[..., block.start : block.stop], top_digit(self.arithmetic.input)
            wide = digits if top == 1 else digits.to(torch.int16 if top <= _NARROW else torch.int32)
            self._driven[which] = split(wide * wide, planes_for(top * top))
        return self._driven[which]
