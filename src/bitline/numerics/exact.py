"""Plan `exact`: every block, slice and pulse with its own read noise and conversion. The reference for the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.cells import Block, Cells
from bitline.numerics.chance import Key
from bitline.numerics.conversion import Conversion, conversion, largest_sum
from bitline.numerics.integer import planes_needed, product_int8, split
from bitline.numerics.programming import reach
from bitline.numerics.pulses import Pulse, input_offset, pulses
from bitline.numerics.read_noise import ReadNoise, noisy
from bitline.numerics.slices import code_offset
from bitline.numerics.sums import Sums

_CHUNK = 1 << 21
"""Sums held at a time: few enough for the caches, enough to keep every core busy."""


@final
class Exact(Sums):
    """Block by block, pulse by pulse; one matrix, or as many at once as there are in a leading dimension.

    An array of which no row carries a code for a vector is not read for it: it adds no output noise.
    """

    plan: ClassVar[str] = "exact"

    def __init__(self, cells: Cells, ideal: Tensor, arithmetic: Analog, key: Key) -> None:
        """Keep programmed cells; `ideal` are the weight codes `[..., n, k]` that the chip's digital side knows."""
        self.cells, self.arithmetic, self.key = cells, arithmetic, key
        self.transfer: Conversion | None = conversion(arithmetic)
        offset = input_offset(arithmetic.input)
        self.input_correction = ideal.sum(dim=-1, dtype=torch.int64).unsqueeze(-2) * offset

    def calibrate_range(self, largest: float) -> None:
        """Spread the converter's codes over sums up to `largest`, where the description asks for that."""
        self.transfer = conversion(self.arithmetic, largest)

    def sums(self, codes: Tensor) -> Tensor:
        """Multiply codes `[..., rows, k]`; float32, or int64 where every step is whole."""
        matrices = codes.shape[:-2].numel()
        rows = max(1, _CHUNK // (matrices * self.cells.slices * self.cells.columns))
        return torch.cat([self._rows(part) for part in torch.split(codes, rows, dim=-2)], dim=-2)

    def bitline_sums(self, codes: Tensor) -> Iterator[tuple[Pulse, Block, Tensor]]:
        """Give what reaches the converters, `[..., rows, slices * n]` in `cells.unit`, before any noise."""
        for pulse in pulses(codes, self.arithmetic.input):
            for block in self.cells.blocks:
                yield pulse, block, self._bitlines(pulse.digits[..., block.start : block.stop], block)

    def _rows(self, codes: Tensor) -> Tensor:
        shape = (*codes.shape[:-1], self.cells.slices * self.cells.columns)
        total = torch.zeros(shape, dtype=self._accumulator(), device=codes.device)
        noise = ReadNoise(self.cells, self.arithmetic, codes, self.key) if noisy(self.arithmetic) else None
        for pulse, block, sums in self.bitline_sums(codes):
            read = sums if noise is None else noise.disturbed(sums, pulse, block)
            total.add_(self._converted(read), alpha=pulse.weight)
        return self._combined(total, codes)

    def _bitlines(self, digits: Tensor, block: Block) -> Tensor:
        form = self.arithmetic.input
        inputs = (digits,) if digits.dtype == torch.int8 else split(digits, planes_needed(form.bits_per_pulse + 1))
        digit = (1 << form.bits_per_pulse) - 1
        total = product_int8(inputs[0], block.planes[0])
        if (block.stop - block.start) * digit * reach(self.arithmetic) / self.cells.unit >= 2**31:
            total = total.to(torch.int64)
        for i, left in enumerate(inputs):
            for j, right in enumerate(block.planes):
                if i + j:
                    total.add_(product_int8(left, right), alpha=256 ** (i + j))
        return total

    @property
    def _whole(self) -> bool:
        whole_codes = self.transfer is None or self.transfer.step == 1.0
        return self.cells.unit == 1.0 and not noisy(self.arithmetic) and whole_codes

    def _accumulator(self) -> torch.dtype:
        # The smallest type that adds up every pulse and block without rounding.
        pulse_weights = 2**self.arithmetic.input.bits * len(self.cells.blocks)
        if self._whole:
            largest = largest_sum(self.arithmetic, self.arithmetic.array.rows_at_once) * pulse_weights
            return torch.int32 if largest < 2**31 else torch.int64
        if self.transfer is None:
            return torch.float64
        return torch.float32 if self.transfer.high * pulse_weights <= 2**24 else torch.float64

    def _converted(self, sums: Tensor) -> Tensor:
        if self.transfer is None:
            return sums
        if self._whole:
            return sums.clamp_(self.transfer.low, min(self.transfer.high, 2**31 - 1))
        return self.transfer.codes(sums, self.cells.unit)

    def _combined(self, total: Tensor, codes: Tensor) -> Tensor:
        form = torch.float64 if total.dtype == torch.float64 else torch.int64
        whole = torch.zeros((*codes.shape[:-1], self.cells.columns), dtype=form, device=codes.device)
        for index, part in enumerate(torch.split(total, self.cells.columns, dim=-1)):
            whole.add_(part.to(form), alpha=1 << (index * self.arithmetic.cell.bits))
        if not self._whole:
            step = self.cells.unit if self.transfer is None else self.transfer.step
            whole = whole.to(torch.float64).mul_(step)
        correction = codes.sum(dim=-1, keepdim=True, dtype=torch.int64) * code_offset(self.arithmetic.weight)
        offset = input_offset(self.arithmetic.input)
        if offset:
            # Sum of (x + a)(w + b) less what the digital side knows: a * sum(w), b * sum(x) and a * b * k.
            correction = correction + offset * code_offset(self.arithmetic.weight) * codes.shape[-1]
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
