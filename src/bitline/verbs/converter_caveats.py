"""Converters that are too narrow for the sums of their arrays, as far as a description alone can tell.

Inputs and weights are taken as uniform: every digit of an input and every level of a cell equally likely and none
depending on another, a sum as Gaussian. Trained weights and real inputs stray less from the middle, and sums of cells
that store small negative numbers with an offset stray more, so this finds gross mistakes and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, inf, sqrt
from typing import final

from bitline.hardware import Analog, Chip

CLIPPED = 1e-3
"""Share of sums that may be clipped: what is lost counts as much as the most significant bits do."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Bitline sums of one digit and pulse under uniform data, in levels times input steps."""

    mean: float
    deviation: float
    largest: float

    def beyond(self, low: float, high: float) -> float:
        """Give the share of sums outside of a range."""
        if not self.deviation:
            return 0.0
        ends = (high - self.mean) / self.deviation, (self.mean - low) / self.deviation
        return sum(0.5 * erfc(end / sqrt(2.0)) for end in ends)


def narrow_converters(chip: Chip) -> list[str]:
    """Name the engines whose converters clip a notable share of uniform sums, or whose one code is wider than these."""
    found = []
    for name, engine in chip.engines.items():
        arithmetic = engine.arithmetic()
        if isinstance(arithmetic, Analog) and arithmetic.adc.bits is not None and arithmetic.adc.kind != "ideal":
            found += [f"engine {name!r}: {sentence}" for sentence in _sentences(arithmetic)]
    return found


def uniform_sums(arithmetic: Analog) -> Sums:
    """Give the sums of the widest digit."""
    weight, inputs = arithmetic.weight, arithmetic.input
    top = 2.0 ** max(weight.slices(arithmetic.cell.bits)) - 1.0
    full = 2.0**inputs.bits_per_pulse - 1.0
    driven, squared = _moments(full, half=inputs.signed == "sign_split")
    held, held_squared = _moments(top, half=weight.encoding == "sign_split")
    if weight.encoding == "differential":
        held = 0.0
    elif weight.reference == "digital" and arithmetic.cell.on_off_ratio:
        rest = (2.0**arithmetic.cell.bits - 1.0) / (arithmetic.cell.on_off_ratio - 1.0)
        held, held_squared, top = held + rest, held_squared + 2.0 * rest * held + rest**2, top + rest
    if inputs.signed == "bipolar":
        driven = 0.0
    rows = arithmetic.array.rows_at_once
    variance = rows * (squared * held_squared - (driven * held) ** 2)
    return Sums(mean=rows * driven * held, deviation=sqrt(variance), largest=rows * full * top)


def _moments(top: float, *, half: bool) -> tuple[float, float]:
    """Give mean and mean square of 0..top, all as likely; of half of them, and else 0."""
    share = 0.5 if half else 1.0
    return share * top / 2.0, share * top * (2.0 * top + 1.0) / 6.0


def _sentences(arithmetic: Analog) -> list[str]:
    adc, sums = arithmetic.adc, uniform_sums(arithmetic)
    signed = arithmetic.weight.encoding == "differential" or arithmetic.input.signed == "bipolar"
    codes = 2.0 ** (adc.bits or 0) - (2.0 if signed else 1.0)
    if not codes:
        return []
    least = 0.0 if adc.finer_than_unit or adc.range == "given" else 1.0
    product = sums.largest / arithmetic.array.rows_at_once
    full = max(adc.high) * product if adc.range == "given" and adc.high else sums.largest
    step = 1.0 if adc.range == "unit" else max(least, full * (2.0 if signed else 1.0) / codes)
    high = step * codes / (2.0 if signed else 1.0) + 0.5 * step
    found = []
    clipped = sums.beyond(-high if signed else -inf, high)
    if adc.range in ("unit", "given") and clipped > CLIPPED:
        found.append(
            f"adc.range = {adc.range!r} with {adc.bits} bits ends at {high:.4g} of {sums.largest:.4g} unit sums, and "
            f"clips {clipped:.1%} of the sums of uniform data (mean {sums.mean:.4g}, deviation {sums.deviation:.3g}): "
            f"accuracy may fall off steeply. More bits, a calibrated range or fewer active rows help."
        )
    if adc.range != "calibrated" and step > sums.deviation:
        found.append(
            f"one code of its {adc.bits}-bit converter spans {step:.3g} unit sums, more than the deviation of the sums "
            f"of uniform data ({sums.deviation:.3g}): little is left of them. More bits or a calibrated range help."
        )
    return found
