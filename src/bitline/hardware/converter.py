"""Converters at the edges of an array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.hardware.quantity import Bits, Count, Positive


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Adc:
    """The converter that reads bitline sums; `bits` absent means it reads them exactly."""

    kind: Literal["ideal", "sar", "flash", "ramp", "time"] = "sar"
    bits: Bits | None = None
    per_array: Count = 1
    """Converters of one array; its columns are shared out evenly among them."""
    rate_hz: Positive | None = None
    """Conversions per second of one converter."""
    range: Literal["full", "unit", "calibrated"] = "full"
    """Codes spread over every possible sum (never finer than one unit), one code per unit sum with clipping
    above, or over the range seen in calibration."""
    effective_bits: Positive | None = None
    """Noise and distortion counted; for the cost model."""
    energy_per_conversion_j: Positive | None = None
    area_m2: Positive | None = None
    leakage_w: Positive | None = None


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Dac:
    """The driver of one wordline; its resolution is the input format's bits per pulse."""

    energy_per_pulse_j: Positive | None = None
    area_m2: Positive | None = None
    leakage_w: Positive | None = None
