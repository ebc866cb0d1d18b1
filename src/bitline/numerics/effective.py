"""The effective weights of programmed cells: what a matrix turned into once its slices are added up again."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.programming import Draw, programmed, programmed_pair
from bitline.numerics.slices import code_offset, levels, slice_count


def slice_levels(codes: Tensor, arithmetic: Analog, draw: Draw, index: int) -> Tensor:
    """Program one slice of codes `[..., n, k]` and give its levels as float32; signed for differential pairs."""
    wanted = levels(codes, arithmetic.weight, arithmetic.cell, index)
    program = programmed_pair if arithmetic.weight.encoding == "differential" else programmed
    return program(wanted, arithmetic.cell, draw, ("slice", index))


def effective_codes(codes: Tensor, arithmetic: Analog, draw: Draw) -> Tensor:
    """Give what the codes `[n, k]` became on the cells, in units of one code, as float32."""
    total = torch.full(codes.shape, -float(code_offset(arithmetic.weight)), device=codes.device)
    for index in range(slice_count(arithmetic.weight, arithmetic.cell)):
        weight = float(1 << (index * arithmetic.cell.bits))
        total.add_(slice_levels(codes, arithmetic, draw, index), alpha=weight)
    return total
