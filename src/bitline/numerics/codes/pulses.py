"""Input codes as pulses on the wordlines: which digit each pulse carries, and what it counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware import InputFormat


@final
@dataclass(frozen=True, slots=True)
class Pulse:
    """One pulse: the digits `[..., k]` it drives and the weight of its sums."""

    digits: Tensor
    """int8 for pulses of up to 7 bits, else int32; negative only from bipolar drivers."""
    weight: int


@final
@dataclass(frozen=True, slots=True)
class Train:
    """Several pulses, one above the other, so that one product serves them all."""

    digits: Tensor
    """`[..., pulses * rows, k]`."""
    weights: tuple[int, ...]


def together(sent: Iterable[Pulse]) -> Train:
    """Put pulses of vectors `[..., rows, k]` above each other."""
    digits, weights = zip(*((pulse.digits, pulse.weight) for pulse in sent), strict=True)
    return Train(digits[0] if len(digits) == 1 else torch.cat(digits, dim=-2), weights)


def pulses(codes: Tensor, form: InputFormat) -> Iterator[Pulse]:
    """Give the pulses that carry `codes [..., k]`, one after another, least significant first.

    The weighted digits add up to `codes + input_offset`.
    """
    wide = codes if codes.dtype == torch.int32 else codes.to(torch.int16)
    if form.signed == "sign_split":
        yield from _digits(wide.clamp(min=0), form, 1)
        yield from _digits((-wide).clamp_(min=0), form, -1)
    elif form.signed == "bipolar":
        yield from _bipolar(codes, wide, form)
    elif form.signed in ("offset", "unsigned"):
        yield from _digits(wide + input_offset(form), form, 1)
    else:
        for index in range(form.bits):
            sign = -1 if index == form.bits - 1 else 1
            yield Pulse(((wide >> index) & 1).to(torch.int8), sign * (1 << index))


def top_digit(form: InputFormat) -> int:
    """Give the largest digit that a pulse carries: full scale of a driver."""
    top = (1 << form.bits_per_pulse) - 1
    return min(top, form.top_code) if form.signed == "bipolar" else top


def pulse_weights(form: InputFormat) -> tuple[int, ...]:
    """Give what the sums of each pulse count, in their order."""
    return tuple(pulse.weight for pulse in pulses(torch.zeros(1, dtype=torch.int32), form))


def input_offset(form: InputFormat) -> int:
    """Give what is added to every input code before it is sent."""
    return 1 << (form.bits - 1) if form.signed == "offset" else 0


def _digits(values: Tensor, form: InputFormat, sign: int) -> Iterator[Pulse]:
    mask = (1 << form.bits_per_pulse) - 1
    for index in range(form.pulses):
        shift = index * form.bits_per_pulse
        yield Pulse(((values >> shift) & mask).to(torch.int8 if mask < 128 else torch.int32), sign * (1 << shift))


def _bipolar(codes: Tensor, wide: Tensor, form: InputFormat) -> Iterator[Pulse]:
    if form.pulses == 1:
        yield Pulse(codes, 1)
        return
    sign = wide.sign()
    for pulse in _digits(wide.abs(), form, 1):
        yield Pulse(pulse.digits * sign.to(pulse.digits.dtype), pulse.weight)
