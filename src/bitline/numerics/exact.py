"""Plan `exact`: every block, slice and pulse with its own read noise and conversion. The reference for the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.cells import Block, Cells, read_variance
from bitline.numerics.chance import Key, fingerprints, normal_rows
from bitline.numerics.conversion import Conversion, conversion, largest_sum
from bitline.numerics.integer import product_int8, split
from bitline.numerics.pulses import Pulse, input_offset, pulses
from bitline.numerics.slices import code_offset
from bitline.numerics.sums import Sums

_CHUNK = 1 << 21
"""Sums held at a time: few enough for the caches, enough to keep every core busy."""


@final
class Exact(Sums):
    """Block by block, pulse by pulse."""

    plan: ClassVar[str] = "exact"

    def __init__(self, cells: Cells, ideal: Tensor, arithmetic: Analog, key: Key) -> None:
        """Keep programmed cells; `ideal` are the weight codes `[n, k]` that the chip's digital side knows."""
        self.cells, self.arithmetic, self.key = cells, arithmetic, key
        self.transfer: Conversion | None = conversion(arithmetic)
        offset = input_offset(arithmetic.input)
        self.input_correction = ideal.sum(dim=1, dtype=torch.int64) * offset

    def calibrate_range(self, largest: float) -> None:
        """Spread the converter's codes over sums up to `largest`, where the description asks for that."""
        self.transfer = conversion(self.arithmetic, largest)

    def sums(self, codes: Tensor) -> Tensor:
        """Multiply codes `[rows, k]`; float32, or int64 where every step is whole."""
        width = self.cells.slices * self.cells.columns
        rows = max(1, _CHUNK // width)
        return torch.cat([self._rows(codes[at : at + rows]) for at in range(0, codes.shape[0], rows)])

    def bitline_sums(self, codes: Tensor) -> Iterator[tuple[Pulse, Block, Tensor]]:
        """Give what reaches the converters, `[rows, slices * n]` in multiples of `cells.unit`, before any noise."""
        for pulse in pulses(codes, self.arithmetic.input):
            for block in self.cells.blocks:
                yield pulse, block, _bitlines(pulse.digits[:, block.start : block.stop], block)

    def _rows(self, codes: Tensor) -> Tensor:
        shape = (codes.shape[0], self.cells.slices * self.cells.columns)
        total = torch.zeros(shape, dtype=self._accumulator(), device=codes.device)
        marks = fingerprints(codes) if self._noisy else None
        for number, (pulse, block, sums) in enumerate(self.bitline_sums(codes)):
            if marks is not None:
                sums = self._disturbed(sums, pulse, block, normal_rows(marks, (*self.key, "read", number), shape[1]))
            total.add_(self._converted(sums), alpha=pulse.weight)
        return self._combined(total, codes)

    @property
    def _noisy(self) -> bool:
        return self.arithmetic.cell.read_noise is not None or self.arithmetic.output_noise_fraction > 0

    @property
    def _whole(self) -> bool:
        return self.cells.unit == 1.0 and not self._noisy and (self.transfer is None or self.transfer.step == 1.0)

    def _accumulator(self) -> torch.dtype:
        # The smallest type that adds up every pulse and block without rounding.
        pulse_weights = 2**self.arithmetic.input.bits * len(self.cells.blocks)
        if self._whole:
            largest = largest_sum(self.arithmetic, self.arithmetic.array.rows_at_once) * pulse_weights
            return torch.int32 if largest < 2**31 else torch.int64
        if self.transfer is None:
            return torch.float64
        return torch.float32 if self.transfer.high * pulse_weights <= 2**24 else torch.float64

    def _disturbed(self, sums: Tensor, pulse: Pulse, block: Block, noise: Tensor) -> Tensor:
        digits = pulse.digits[:, block.start : block.stop]
        variance = read_variance(self.cells, self.arithmetic, block, digits)
        output = self.arithmetic.output_noise_fraction
        if output:
            spread = (output * largest_sum(self.arithmetic, self.arithmetic.array.rows_at_once)) ** 2
            variance = noise.new_full((1, 1), spread) if variance is None else variance + spread
        assert variance is not None
        return noise.mul_(variance.sqrt_().div_(self.cells.unit)).add_(sums)

    def _converted(self, sums: Tensor) -> Tensor:
        if self.transfer is None:
            return sums
        if self._whole:
            return sums.clamp_(self.transfer.low, self.transfer.high)
        return self.transfer.codes(sums, self.cells.unit)

    def _combined(self, total: Tensor, codes: Tensor) -> Tensor:
        weights = [1 << (index * self.arithmetic.cell.bits) for index in range(self.cells.slices)]
        whole = torch.zeros(codes.shape[0], self.cells.columns, dtype=torch.int64, device=codes.device)
        if total.dtype == torch.float64:
            whole = whole.to(torch.float64)
        for weight, part in zip(weights, total.view(-1, self.cells.slices, self.cells.columns).unbind(1), strict=True):
            whole.add_(part.to(whole.dtype), alpha=weight)
        if not self._whole:
            step = self.cells.unit if self.transfer is None else self.transfer.step
            whole = whole.to(torch.float64).mul_(step)
        correction = codes.sum(dim=1, keepdim=True, dtype=torch.int64) * code_offset(self.arithmetic.weight)
        offset = input_offset(self.arithmetic.input)
        if offset:
            # Sum of (x + a)(w + b) less what the digital side knows: a * sum(w), b * sum(x) and a * b * k.
            correction = correction + offset * code_offset(self.arithmetic.weight) * codes.shape[1]
            whole = whole - self.input_correction
        whole = whole - correction
        return whole if self._whole else whole.to(torch.float32)

    @property
    def unit(self) -> float:
        """Sums are in products of codes."""
        return 1.0

    @property
    def stored_bytes(self) -> int:
        """A byte (two with programming error) a cell."""
        return self.cells.stored_bytes


def _bitlines(digits: Tensor, block: Block) -> Tensor:
    inputs = (digits,) if digits.dtype == torch.int8 else split(digits.to(torch.int32), 2)
    wide = digits.shape[1] * int(digits.max()) * 2**15 * len(inputs) >= 2**31
    total: Tensor | None = None
    for i, left in enumerate(inputs):
        for j, right in enumerate(block.planes):
            part = product_int8(left, right)
            if i + j:
                part = part.to(torch.int64 if wide else torch.int32) * 256 ** (i + j)
            total = part if total is None else total + part
    assert total is not None
    return total
