r"""Read noise referred to the output of a layer, where converters lose nothing.

A sum of Gaussians is one: output n of a layer, read digit by digit and pulse by pulse, strays with the variance
$\sum_k q(x_k) V_{kn}$, with $V_{kn} = \sum_d place_d^2 \sigma_{kdn}^2$ over the digits of a weight and
$q(x) = \sum_p w_p^2 x_p^2$ over the pulses of an input code. One more product instead of one per digit and pulse.
Variances are kept as `variance_steps`, one step per column.
"""

from __future__ import annotations

from functools import lru_cache
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog, InputFormat
from bitline.numerics.chance import Key, fingerprints, normal_rows
from bitline.numerics.codes.integer import planes_for, split
from bitline.numerics.codes.pulses import input_offset, pulse_weights, pulses
from bitline.numerics.codes.slices import digits_of
from bitline.numerics.codes.variances import STEPS, spread_of, variance_steps
from bitline.numerics.devices import Age
from bitline.numerics.read_noise import output_variance


@final
class OutputNoise:
    """Fresh noise of every vector, on the sums of a whole layer."""

    def __init__(self, variance: Tensor | float | None, arithmetic: Analog, codes: Tensor, key: Key, age: Age) -> None:
        """Keep the variances of reading each weight `[n, k]` once, in squared codes: one each, one for all, or none."""
        self.arithmetic, self.key = arithmetic, key
        self.blocks = arithmetic.array.blocks(codes.shape[1])
        self.unit: Tensor | float = 1.0
        self.held: Tensor | None = None
        if isinstance(variance, Tensor):
            self.unit = variance.amax(dim=1).clamp_(min=1e-30).div_(STEPS)
            self.held = variance_steps(variance, self.unit[:, None])
        elif variance is not None:
            self.unit, self.held = variance, codes.new_ones((1, codes.shape[1]), dtype=torch.int8)
        places = sum(digit.place**2 for digit in digits_of(arithmetic.weight, arithmetic.cell))
        weights = sum(weight**2 for weight in pulse_weights(arithmetic.input))
        readings = 2 if arithmetic.weight.encoding == "bias_column" else 1
        self.behind = output_variance(arithmetic, age) * places * weights * readings
        self._tables = _squares(arithmetic.input) if arithmetic.input.top_code <= 127 else ()

    def disturbed(self, sums: Tensor, codes: Tensor, unit: Tensor | float) -> Tensor:
        """Add noise to float sums `[rows, n]` of vectors with these codes `[rows, k]`; in multiples of `unit`."""
        noise = normal_rows(fingerprints(codes), [(*self.key, "output")], sums.shape[1])
        return sums.add_(noise.mul_(self.variance(codes).sqrt_()).mul_(1.0 / unit))

    def variance(self, codes: Tensor) -> Tensor:
        """Give the variance `[rows, n or 1]` that each vector meets, in squared products of codes."""
        found = None if self.held is None else spread_of(self._squared(codes), self.held.t()).mul_(self.unit)
        if found is not None and not self.behind:
            return found
        read = torch.stack([codes[:, at.start : at.stop].ne(0).any(dim=1) for at in self.blocks], dim=1)
        behind = read.sum(dim=1, keepdim=True).to(torch.float32).mul_(self.behind)
        return behind if found is None else found.add_(behind)

    def _squared(self, codes: Tensor) -> tuple[Tensor, ...]:
        """Give q as int8 planes."""
        if self._tables:
            at = codes.to(torch.int32).add_(128).flatten()
            return tuple(table.to(codes.device).index_select(0, at).view(codes.shape) for table in self._tables)
        squares = _sum_of_squares(codes, self.arithmetic.input)
        return split(squares, planes_for(int(squares.max())))

    @property
    def stored_bytes(self) -> int:
        """A byte a weight, if cells are noisy."""
        return 0 if self.held is None else self.held.nbytes


@lru_cache(maxsize=16)
def _squares(form: InputFormat) -> tuple[Tensor, ...]:
    """Tabulate q for every 8-bit code, as int8 planes."""
    codes = torch.arange(-128, 128, dtype=torch.int32).clamp_(-form.top_code - 1, form.top_code)
    squares = _sum_of_squares(codes, form)
    return split(squares, planes_for(int(squares.max())))


def _sum_of_squares(codes: Tensor, form: InputFormat) -> Tensor:
    found = torch.zeros(codes.shape, dtype=torch.int64, device=codes.device)
    for pulse in pulses(codes.clamp(min=-input_offset(form)) if form.signed == "unsigned" else codes, form):
        found += pulse.weight**2 * pulse.digits.to(torch.int64).square()
    return found.to(torch.int32) if form.bits <= 12 else found
