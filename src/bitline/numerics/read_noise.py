"""Fresh noise of one conversion: of the cells that are read, and of what stands between bitline and converter."""

from __future__ import annotations

from typing import final

from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.cells import Block, Cells
from bitline.numerics.chance import Key, fingerprints, normal_rows
from bitline.numerics.conversion import largest_sum
from bitline.numerics.integer import planes_needed, product, split
from bitline.numerics.programming import strays
from bitline.numerics.pulses import Pulse


def noisy(arithmetic: Analog) -> bool:
    """Say whether reading the same cells twice gives different sums."""
    return strays(arithmetic.cell.read_noise) or arithmetic.output_noise_fraction > 0


def output_variance(arithmetic: Analog) -> float:
    """Give the variance that is added behind the bitline, in squared levels."""
    return (arithmetic.output_noise_fraction * largest_sum(arithmetic, arithmetic.array.rows_at_once)) ** 2


@final
class ReadNoise:
    r"""The noise that vectors of codes `[..., rows, k]` meet.

    A cell of deviation $\sigma$ driven by digit $x$ adds $x^2 \sigma^2$ to the variance of its bitline; an array of
    which no row carries a code for a vector is not read for it and adds nothing. What is drawn is named by vector,
    pulse, block, slice and column: neither other vectors nor more rows or columns change it.
    """

    def __init__(self, cells: Cells, arithmetic: Analog, codes: Tensor, key: Key) -> None:
        self.cells, self.arithmetic, self.codes, self.key = cells, arithmetic, codes, key
        self.marks = fingerprints(codes)

    def disturbed(self, sums: Tensor, pulse: Pulse, block: Block) -> Tensor:
        """Add noise to bitline sums `[..., rows, slices * n]`, which are in multiples of `cells.unit`; float32."""
        place = (*self.key, "read", pulse.weight, block.start)
        keys = [(*place, index) for index in range(self.cells.slices)]
        noise = normal_rows(self.marks, keys, self.cells.columns)
        return noise.mul_(self._variance(pulse, block).sqrt_().div_(self.cells.unit)).add_(sums)

    def _variance(self, pulse: Pulse, block: Block) -> Tensor:
        behind = output_variance(self.arithmetic)
        read = self.codes[..., block.start : block.stop].ne(0).any(dim=-1, keepdim=True) if behind else None
        variance = None if read is None else read * behind
        if block.noise:
            # Integers throughout, so that no order of summation shows.
            bits = self.arithmetic.input.bits_per_pulse
            digits = pulse.digits[..., block.start : block.stop]
            squares = (digits,) if bits == 1 else split(digits.long().square_(), planes_needed(2 * bits + 1))
            cells = product(squares, block.noise).float().mul_(self.cells.noise_unit)
            variance = cells if variance is None else cells.add_(variance)
        assert variance is not None
        return variance
