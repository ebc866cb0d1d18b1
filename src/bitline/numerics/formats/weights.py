"""Matrices whose weights are kept in few bits, rounded once.

Where an output has one scale, the codes themselves are multiplied. Otherwise (and for fp8) the rounded weights are held
as 16-bit fixed point, one step for each output (plan `fold`): off by at most 1/65,278 of the largest weight of an
output, finer than fp16 with which hardware multiplies them, and sums are still of whole numbers.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bitline.hardware import Integer
from bitline.hardware.formats import ValueFormat
from bitline.numerics.formats.rounding import group_length, rounded, top_of
from bitline.numerics.plans.fold import Fold
from bitline.numerics.plans.lossless import Lossless
from bitline.numerics.plans.sums import Sums

_OUTPUTS = 256
"""Rounded at a time."""


def kept_weights(weight: Tensor, form: ValueFormat, arithmetic: Integer) -> tuple[Sums, Tensor]:
    """Round `weight [n, k]`; give what multiplies with it, and the real value `[n]` of one code of each output."""
    some = [slice(start, start + _OUTPUTS) for start in range(0, len(weight), _OUTPUTS)]
    if multiplies_codes(form, weight.shape[1]):
        parts = [rounded(weight[outputs], form) for outputs in some]
        codes, scales = torch.cat([part.codes for part in parts]), torch.cat([part.scales for part in parts])
        # One bit more than the codes of a zero point need takes their sign.
        bits = form.bits + (form.shared == "scale_and_zero")
        return Lossless(codes, bits, arithmetic.input.top_code), scales[:, 0]
    values = ((outputs, rounded(weight[outputs], form).values()) for outputs in some)
    # An offset that is sent with inputs is taken off exactly, as what it meets is digital.
    sent = replace(arithmetic, input=replace(arithmetic.input, offset_product="measured"))
    return Fold(values, weight.detach(), sent), torch.ones(len(weight), device=weight.device)


def multiplies_codes(form: ValueFormat, k: int) -> bool:
    """Say whether one scale serves all inputs of an output, and codes are no wider than two bytes."""
    return group_length(form, k) >= k and top_of(form) < 1 << 15
