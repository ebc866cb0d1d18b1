"""The closed-form column approximation of aihwkit: no input-line drop, and a correction that depends on the input."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.errors import outside, wrong_type


def column_product(
    inputs: Tensor, weights: Tensor, *, wire_to_cell_ratio: float = 1.0 / (0.35 * 5e-6), strength: float = 1.0
) -> Tensor:
    """Give x W^T `[batch, outputs]` less its drop, for weights `[outputs, inputs]` in units of the largest cell.

    With n inputs and load a = n / ratio * sum_j |w_j x_j|, the drop is strength * c(a) *
    sum_j w_j x_j (1 - (1 - j / n)^2), c(a) = 0.5 a - 0.2 a^2 + 0.05 a^3. `wire_to_cell_ratio` is the conductance of one
    cell pitch of wire over that of the largest cell; the default, 0.35 ohm and 5 microsiemens, is aihwkit's (stated in
    its source, `ir_drop_g_ratio`). Raises `ConfigError` for a ratio that is not positive or shapes that disagree.
    """
    if inputs.shape[-1] != weights.shape[-1]:
        raise wrong_type("inputs", tuple(inputs.shape), f"a shape [batch, {weights.shape[-1]}]")
    if not wire_to_cell_ratio > 0:
        raise outside("wire_to_cell_ratio", wire_to_cell_ratio, 0.0, float("inf"), "")
    count = weights.shape[-1]
    place = torch.arange(count, dtype=weights.dtype, device=weights.device) / count
    load = (count / wire_to_cell_ratio) * (inputs.abs() @ weights.abs().T)
    factor = ((0.05 * load - 0.2) * load + 0.5) * load
    lever = 1.0 - (1.0 - place).square()
    return inputs @ weights.T - strength * factor * ((inputs * lever) @ weights.T)
