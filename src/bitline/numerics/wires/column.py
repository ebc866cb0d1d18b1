"""The closed-form column approximation of aihwkit: no input-line drop, and a correction that depends on the input.

With n inputs and load a = n / ratio * sum_j |w_j x_j|, the drop of sum_j w_j x_j is
strength * c(a) * sum_j w_j x_j (1 - (1 - j / n)^2), c(a) = 0.5 a - 0.2 a^2 + 0.05 a^3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.errors import outside, wrong_type
from bitline.numerics.codes.integer import planes_needed, product, split

AIHWKIT_RATIO = 1.0 / (0.35 * 5e-6)
"""Conductance of one cell pitch of wire over that of the largest cell: 0.35 ohm and 5 microsiemens (stated in aihwkit's
source, `ir_drop_g_ratio`)."""
_STEPS = 127 * 256 + 127
"""The largest number two planes hold."""


def column_product(
    inputs: Tensor, weights: Tensor, *, wire_to_cell_ratio: float = AIHWKIT_RATIO, strength: float = 1.0
) -> Tensor:
    """Give x W^T `[rows, outputs]` less its drop, for weights `[outputs, inputs]` in units of the largest cell.

    Products of floating-point numbers: the last bits of a row may depend on the rows beside it. `ColumnDrop` is free of
    that. Raises `ConfigError` for a ratio that is not positive or shapes that disagree.
    """
    _refuse(inputs, weights, wire_to_cell_ratio)
    load = inputs.abs() @ weights.abs().T
    levered = (inputs * _lever(weights)) @ weights.T
    return inputs @ weights.T - strength * _factor(load, weights.shape[-1] / wire_to_cell_ratio) * levered


@final
@dataclass(frozen=True, slots=True)
class ColumnDrop:
    """What the columns of one array lose, from integer products: equal for any split of the batch.

    Magnitudes and levered weights are kept in steps of 1/32639 of the largest, which is all that the drop is off by.
    """

    magnitude: tuple[Tensor, ...]
    """|w| in steps, as int8 planes `[inputs, outputs]`."""
    levered: tuple[Tensor, ...]
    """w_j (1 - (1 - j / n)^2) in steps, as int8 planes `[inputs, outputs]`."""
    step: float
    wire_to_cell_ratio: float
    strength: float

    def of(self, codes: Tensor, input_step: Tensor | float) -> Tensor:
        """Give the drop `[rows, outputs]`, float64, of inputs `codes * input_step`: integers `[rows, inputs]`.

        `input_step` is one number or one per row, `[rows, 1]`. Subtract it from the product x W^T.
        """
        count = planes_needed(1 + int(codes.abs().max()).bit_length())
        scale = self.step * input_step
        load = product(split(codes.abs(), count), self.magnitude).to(torch.float64) * scale
        levered = product(split(codes, count), self.levered).to(torch.float64) * scale
        return self.strength * _factor(load, codes.shape[-1] / self.wire_to_cell_ratio) * levered


def column_drop(weights: Tensor, *, wire_to_cell_ratio: float = AIHWKIT_RATIO, strength: float = 1.0) -> ColumnDrop:
    """Prepare the drop of weights `[outputs, inputs]` in units of the largest cell; raises as `column_product`."""
    _refuse(weights, weights, wire_to_cell_ratio)
    wide = weights.to(torch.float64)
    step = max(float(wide.abs().max()), 1e-30) / _STEPS

    def planes(values: Tensor) -> tuple[Tensor, ...]:
        return split(torch.round(values / step).to(torch.int32).T, 2)

    return ColumnDrop(planes(wide.abs()), planes(wide * _lever(wide)), step, wire_to_cell_ratio, strength)


def _lever(weights: Tensor) -> Tensor:
    """Give 1 - (1 - j / n)^2 for every input."""
    count = weights.shape[-1]
    place = torch.arange(count, dtype=weights.dtype, device=weights.device) / count
    return 1.0 - (1.0 - place).square()


def _factor(load: Tensor, scale: float) -> Tensor:
    load = load * scale
    return ((0.05 * load - 0.2) * load + 0.5) * load


def _refuse(inputs: Tensor, weights: Tensor, ratio: float) -> None:
    if inputs.shape[-1] != weights.shape[-1]:
        raise wrong_type("inputs", tuple(inputs.shape), f"a shape [rows, {weights.shape[-1]}]")
    if not ratio > 0:
        raise outside("wire_to_cell_ratio", ratio, 0.0, float("inf"), "")
