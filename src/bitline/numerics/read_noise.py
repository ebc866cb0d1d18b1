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

    def disturbed(self, sums: Tensor, train: Train, block: Block, columns: slice | None = None) -> Tensor:
        """Add noise to the sums of some columns, `[..., pulses * rows, columns]` in multiples of `cells.unit`; float32.

        They are columns of one digit, or all of several.
        """
        each = self.cells.columns
        some = slice(0, len(self.cells.digits) * each) if columns is None else columns
        digits = range(some.start // each, -(-some.stop // each))
        first, length = some.start % each, min(each, some.stop - some.start)
        places = [(*self.key, "read", weight, block.start) for weight in train.weights]
        parts = [normal_rows(self.marks, [(*at, digit) for digit in digits], length, first) for at in places]
        noise = parts[0] if len(parts) == 1 else torch.cat(parts, dim=-2)
        return noise.mul_(self._variance(train, block, some).sqrt_().div_(self.cells.unit)).add_(sums)

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
            # Integers throughout, so that no order of summation shows.
            digits, top = train.digits[..., block.start : block.stop], top_digit(self.arithmetic.input)
            squares = (digits * digits,) if top == 1 else split(digits.long().square(), planes_for(top * top))
            held = block.noise if block.noise.shape[-1] == 1 else block.noise[..., columns]
            cells = spread_of(squares, held).mul_(self.cells.noise_unit)
            variance = cells if variance is None else cells.add_(variance)
        assert variance is not None
        return variance
