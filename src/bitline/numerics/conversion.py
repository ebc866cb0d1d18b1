"""The converter's transfer: bitline sums, in units of one level times one input step, to codes and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.slices import largest_level


@final
@dataclass(frozen=True, slots=True)
class Conversion:
    """A uniform quantiser of sums: `step` per code, codes from `low` to `high`, rounding half to even."""

    step: float
    low: int
    high: int

    def codes(self, sums: Tensor, unit: float) -> Tensor:
        """Convert sums given in multiples of `unit`; overwrites a float input, returns float codes."""
        values = sums if sums.is_floating_point() else sums.to(torch.float32)
        factor = unit / self.step
        if factor != 1.0:
            values.mul_(factor)
        return values.round_().clamp_(self.low, self.high)


def largest_sum(arithmetic: Analog, rows: int) -> int:
    """Give the largest bitline sum that `rows` driven rows can make."""
    pulse = (1 << arithmetic.input.bits_per_pulse) - 1
    return rows * pulse * largest_level(arithmetic.cell)


def conversion(arithmetic: Analog, calibrated_range: float | None = None) -> Conversion | None:
    """Give the transfer of the description's converter; None reads sums exactly.

    `full` spreads the codes over every sum the array's rows can make but never finer than one unit; `unit` keeps
    one code per unit and clips; `calibrated` spreads them over the range seen (over every sum until then).
    """
    adc = arithmetic.adc
    if adc.bits is None or adc.kind == "ideal":
        return None
    signed = arithmetic.weight.encoding == "differential"
    high = (1 << (adc.bits - 1)) - 1 if signed else (1 << adc.bits) - 1
    high = max(1, high)
    low = -high if signed else 0
    if adc.range == "unit":
        return Conversion(1.0, low, high)
    full = float(largest_sum(arithmetic, arithmetic.array.rows_at_once))
    if adc.range == "calibrated" and calibrated_range is not None:
        full = min(full, calibrated_range)
    return Conversion(max(1.0, full / high), low, high)


def resolves(arithmetic: Analog, k: int) -> bool:
    """Say whether every sum that `k` inputs can make on this array has a code of its own, exactly."""
    transfer = conversion(arithmetic)
    rows = min(k, arithmetic.array.rows_at_once)
    return transfer is None or (transfer.step == 1.0 and largest_sum(arithmetic, rows) <= transfer.high)
