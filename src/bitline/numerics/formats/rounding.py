"""Rows of values as whole numbers and scales: rounding to nearest, halves to even, with no data but the values.

- A scale: codes are symmetric, up to `2**(bits-1) - 1`, and the largest magnitude of a group takes the top one.
- A scale and a zero point: `2**bits` codes from the smallest to the largest value of a group, zero among them; the zero
  point is one of the codes, so that a zero stays one (Jacob et al., arXiv 1712.05877; GPTQ and AWQ too; recalled).
- An exponent: block floating point (`bitline.numerics.storage.block_float`), mantissas of `bits` with their sign.
- fp8 (`minifloat`): the largest magnitude of a group takes the largest number; under a shared exponent, a power of two
  that makes its exponent the highest one, as in the OCP microscaling formats (recalled).

Scales are float32 and not rounded themselves: 16 bits would change a value by at most 1/2,048 of itself. A row's codes
depend on that row alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware.formats import ValueFormat
from bitline.numerics.codes.quantise import scale_of, top_code
from bitline.numerics.formats.minifloat import MINIFLOATS, Minifloat, minifloat_codes
from bitline.numerics.formats.pruning import largest_of
from bitline.numerics.storage.block_float import block_float, power_of_two


@final
@dataclass(frozen=True, slots=True)
class Rounded:
    """Rows `[..., k]` in groups along their last dimension; the last group may be shorter."""

    codes: Tensor
    """Whole numbers `[..., k]`: int8 where they fit, else int32."""
    scales: Tensor
    """What a code of one is worth in each group: float32 `[..., groups]`, 0 where all is zero, NaN where it is not
    finite."""
    group: int

    def parts(self) -> Iterator[tuple[slice, Tensor]]:
        """Give where each group is, and its scales `[..., 1]`."""
        for index in range(self.scales.shape[-1]):
            start = index * self.group
            yield slice(start, start + self.group), self.scales[..., index : index + 1]

    def values(self) -> Tensor:
        """Give the real numbers `[..., k]` as float32."""
        k = self.codes.shape[-1]
        if self.scales.shape[-1] == 1:
            return self.codes.to(torch.float32).mul_(self.scales)
        return self.codes.to(torch.float32).mul_(self.scales.repeat_interleave(self.group, dim=-1)[..., :k])


def rounded(x: Tensor, form: ValueFormat) -> Rounded:
    """Round values `[..., k]`, the smallest of each group left out first if any are."""
    x = x.detach().to(torch.float32)
    k, group = x.shape[-1], group_length(form, x.shape[-1])
    if form.left_out:
        x = x * largest_of(x, form.kept, form.left_out)
    if form.number == "integer" and form.shared == "exponent":
        blocks = block_float(x, form.bits, form.exponent_bits, group)
        return Rounded(blocks.mantissas, blocks.steps.to(torch.float32), group)
    cut = torch.nn.functional.pad(x, (0, -k % group)).reshape(*x.shape[:-1], -1, group)
    codes, scales = _coded(cut, form)
    small = torch.int8 if top_of(form) <= 127 else torch.int32
    return Rounded(codes.to(small).reshape(*x.shape[:-1], -1)[..., :k].contiguous(), scales[..., 0], group)


def top_of(form: ValueFormat) -> int:
    """Give the largest magnitude of a code."""
    if form.number != "integer":
        return MINIFLOATS[form.number].top
    return (1 << form.bits) - 1 if form.shared == "scale_and_zero" else top_code(form.bits)


def group_length(form: ValueFormat, k: int) -> int:
    """Count the values of a row of `k` that share a scale, those left out among them."""
    if form.shared_by is None:
        return max(k, 1)
    return min(-(-form.shared_by // form.kept) * (form.kept + form.left_out), max(k, 1))


def _coded(cut: Tensor, form: ValueFormat) -> tuple[Tensor, Tensor]:
    """Give codes of groups `[..., groups, values]` and scales `[..., groups, 1]`."""
    if form.number != "integer":
        return _floats(cut, MINIFLOATS[form.number], shared_exponent=form.shared == "exponent")
    if form.shared == "scale_and_zero":
        low, high = cut.amin(dim=-1, keepdim=True).clamp_(max=0.0), cut.amax(dim=-1, keepdim=True).clamp_(min=0.0)
        top = top_of(form)
        scales = scale_of(high - low, top)
        divisor = _divisor(scales)
        zero = torch.round(-low / divisor).clamp_(0, top)
        return torch.round(cut / divisor).clamp_(-zero, top - zero), scales
    scales = scale_of(cut.abs().amax(dim=-1, keepdim=True), top_code(form.bits))
    return torch.round(cut / _divisor(scales)), scales


def _floats(cut: Tensor, form: Minifloat, *, shared_exponent: bool) -> tuple[Tensor, Tensor]:
    largest = cut.abs().amax(dim=-1, keepdim=True)
    scales = largest / largest.new_full((1,), form.largest)
    if shared_exponent:
        exponents = (torch.frexp(largest).exponent.to(torch.int64) - 1 - form.highest).clamp_(-126, 127)
        scales = torch.where(largest.isfinite(), power_of_two(exponents).to(torch.float32), torch.nan)
    scales = torch.where(scales < torch.finfo(torch.float32).tiny, torch.zeros_like(scales), scales)
    codes = minifloat_codes((cut / _divisor(scales)).nan_to_num_(0.0), form)
    return codes, scales * 2.0**form.unit


def _divisor(scales: Tensor) -> Tensor:
    return torch.where(scales == 0, torch.ones_like(scales), scales)
