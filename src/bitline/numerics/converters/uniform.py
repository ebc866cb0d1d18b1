"""Equal steps over a range: which codes there are, what a step is, which code a sum of zero has.

Sums are in units of one level times one input step. Conventions of tools, all rounding half to even:

- aihwkit and sign-magnitude converters: 2**b - 2 steps over [-bound, bound], code c stands for c * step;
- CrossSim's quantiser: 2**b - 1 steps over [low, high], code c stands for low + c * step;
- NeuroSim: a step is one unit, codes 0 .. 2**b.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor

from bitline.hardware import Adc

Value: TypeAlias = float | Tensor


def code_limits(adc: Adc, *, signed: bool) -> tuple[int, int]:
    """Give the lowest and the highest code; `signed` says whether sums may be negative."""
    assert adc.bits is not None
    if is_symmetric(adc, signed=signed):
        high = max(1, (1 << (adc.bits - 1)) - 1)
        return -high, high
    return 0, (1 << adc.bits) - (0 if adc.steps == "overflow" else 1)


def is_symmetric(adc: Adc, *, signed: bool) -> bool:
    """Say whether codes lie about zero, so that code 0 stands for a sum of zero."""
    return adc.steps == "symmetric" or (adc.steps is None and signed)


def step_and_zero(
    adc: Adc, *, signed: bool, full: Value, full_product: Value, seen: Tensor | None = None
) -> tuple[Value, Value]:
    """Give the sum between two codes and the code, which may lie between two, that a sum of zero would have.

    Code c stands for (c - zero) * step. `full` is the largest possible sum, `full_product` that of one fully-on cell
    and the full-scale input (the unit of a given range), `seen` the lowest and highest sums `[..., 2]` that
    calibration chose. Each may be a tensor with an entry for each digit, block or column; what is given back is then
    a float64 tensor like it, else a float.
    """
    low_code, high_code = code_limits(adc, signed=signed)
    top = high_code - low_code
    symmetric = is_symmetric(adc, signed=signed)
    if adc.range == "unit":
        return 1.0, float(1 << ((adc.bits or 1) - 1)) if signed and not symmetric else 0.0
    low, high = _span(adc, signed=signed, full=full, full_product=full_product, seen=seen)
    if symmetric:
        return _value(_step(torch.maximum(-low, high) * (2.0 / top), adc)), 0.0
    step = _step((high - low) / top, adc)
    # A step that grew widens the range to both sides, but unsigned sums keep zero at the lowest code. Written so
    # that a range about zero has its zero exactly between two codes: every silent column is such a tie.
    zero = 0.5 * top - (low + high) / (2.0 * step)
    return _value(step), _value(torch.where(low == 0.0, torch.zeros_like(zero), zero))


def _span(adc: Adc, *, signed: bool, full: Value, full_product: Value, seen: Tensor | None) -> tuple[Tensor, Tensor]:
    everything = torch.as_tensor(full, dtype=torch.float64)
    if adc.range == "given":
        unit = torch.as_tensor(full_product, dtype=torch.float64)
        high = _entries(adc.high).to(unit.device) * unit
        low = _entries(adc.low).to(unit.device) * unit if adc.low else -high if signed else torch.zeros_like(high)
        return low, high
    high = everything
    low = -everything if signed else torch.zeros_like(everything)
    if adc.range == "calibrated" and seen is not None:
        lowest, highest = seen.to(torch.float64).unbind(dim=-1)
        high = torch.minimum(high, highest)
        low = torch.maximum(low, lowest) if signed else torch.zeros_like(high)
    return low, high


def _entries(numbers: tuple[float, ...]) -> Tensor:
    return torch.tensor(numbers[0] if len(numbers) == 1 else numbers, dtype=torch.float64)


def _step(step: Tensor, adc: Adc) -> Tensor:
    if adc.range != "given":
        if not adc.finer_than_unit:
            step = step.clamp(min=1.0)
        step = torch.where(step > 0.0, step, torch.ones_like(step))
        if adc.power_of_two:
            step = power_of_two_above(step)
    return step


def power_of_two_above(values: Tensor) -> Tensor:
    """Give the smallest powers of two that are at least as large as positive values."""
    mantissa, exponent = torch.frexp(values)
    return torch.ldexp(torch.ones_like(values), exponent - (mantissa == 0.5).to(exponent.dtype))


def _value(value: Tensor) -> Value:
    return float(value) if value.ndim == 0 else value
