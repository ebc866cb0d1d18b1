"""Converters at the edges of an array: the range they span, how they stray, what they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from bitline.hardware.quantity import Bits, Count, NonNegative, Percent, Positive

SurveyLevel: TypeAlias = Literal["best", "typical", "pessimistic"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What a converter gives out, threshold by threshold: approximate converters, sense amplifiers, look-ups.

    Everything is in codes counted from the lowest: thresholds 0.5, 1.5, ... with outputs 1, 2, ... are ideal.
    `csv: FILE` with the columns threshold_codes and output_codes stands for the two lists.
    """

    threshold_codes: tuple[float, ...]
    """Rising; a threshold itself counts as reached."""
    output_codes: tuple[float, ...] = ()
    """What is given out from each threshold to the next; 1, 2, ... if not given. Not whole numbers where a look-up
    corrects what is given out."""
    below_codes: float = 0.0
    """What is given out below the first threshold."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Adc:
    """The converter that reads bitline sums; `bits` absent means it reads them exactly.

    What strays is fixed for each physical converter. In the path of a signal stand: gain and offset, non-linearity,
    the decisions of the capacitors, the transfer table.
    """

    kind: Literal["ideal", "sar", "flash", "ramp", "time", "sense"] = "sar"
    """`time` counts oscillations or delays; `sense` stands for sense amplifiers, one comparison a threshold."""
    bits: Bits | None = None
    per_array: Count = 1
    """Converters of one array; its columns are shared out evenly among them."""
    rate_hz: Positive | None = None
    """Conversions per second of one converter."""
    range: Literal["full", "unit", "calibrated", "given"] = "full"
    """Codes spread over every possible sum, one code per unit sum with clipping above, over the range that
    calibration finds, or from `low` to `high`."""
    low: tuple[float, ...] = ()
    """The sum that the lowest code stands for if the range is given: one, or one for each digit of a weight, least
    significant first, in products of the largest conductance and the full-scale input. Not given: the negative of
    `high` where sums are signed, else 0. A bound of b on outputs in units of input range times the column's
    largest weight is -b and b, if weights have one scale per column."""
    high: tuple[float, ...] = ()
    """The sum that the highest code stands for, likewise."""
    steps: Literal["symmetric", "all", "overflow"] | None = None
    """Equal steps in the range: 2**bits - 2 about zero, which is a code; 2**bits - 1, with which signed sums have no
    code at zero; or 2**bits, one code more than the bits hold. Not given: symmetric where sums are signed, else all."""
    finer_than_unit: bool = False
    """Codes may be closer than whole sums of ideal cells are. (A given range is taken as it is.)"""
    power_of_two: bool = False
    """Full and calibrated ranges grow until a step is a power of two of one unit sum: scaling back is a shift."""
    scope: Literal["matrix", "slice", "block", "column"] = "matrix"
    """What shares a calibrated range: a layer's matrix, one digit of its weights, that digit in one block of rows,
    or one column of that block."""
    statistic: Literal["max", "percentile", "mse"] = "max"
    """What calibration makes of the sums seen: the largest, a percentile of the magnitudes, or the range with the
    smallest squared error of rounding and clipping."""
    percentile: Percent = 99.99
    gain_spread_fraction: NonNegative = 0.0
    """Standard deviation between converters of the gain, around 1."""
    offset_spread_codes: NonNegative = 0.0
    """Standard deviation between converters of the offset."""
    inl_codes: tuple[float, ...] = ()
    """Non-linearity that all converters share (ramp, oscillator): a polynomial in t, constant first, where t is -1
    at the lowest code and 1 at the highest; in codes, added to the signal."""
    inl_spread_codes: tuple[float, ...] = ()
    """Standard deviation between converters of each coefficient."""
    capacitor_spread_fraction: NonNegative = 0.0
    """Standard deviation of one unit capacitor of a successive-approximation converter; that of 2**i units in
    parallel is 2**(i/2) times as large."""
    noise_codes: NonNegative = 0.0
    """Root mean square of what comparator and sampling add afresh to every conversion."""
    transfer: Transfer | None = None
    """Thresholds and outputs that stand for, or follow, plain rounding."""
    effective_bits: Positive | None = None
    """Noise and distortion counted; for the cost model."""
    survey: SurveyLevel = "typical"
    """Which published converters it is like where its energy or area is not stated: the best tenth, a good one
    (a quarter take less) or the median."""
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
