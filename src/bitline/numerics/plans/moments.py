r"""What reading through converters adds to the output of a layer: mean and variance of the error of each column.

A bitline sum S = sum_i x_i g_i of one block, slice and pulse has, over inputs whose digits x_i have mean d_i and
variance v_i, mean sum_i d_i g_i and variance sum_i v_i g_i**2; it is taken as Gaussian. Fresh read noise of
variance r**2 is added. A converter of step D with codes up to H

- rounds, with an error of variance D**2/12 (none when the sums are whole numbers and D is 1);
- loses what exceeds D*H. For a Gaussian of mean m and deviation s, z = (D*H - m)/s, the loss has the moments
  E = s (phi(z) - z Q(z)) and E2 = s**2 ((1 + z**2) Q(z) - z phi(z)), phi and Q the normal density and upper tail;
- reads nothing below its lowest code: the same with signs turned; unsigned sums fall below 0 by noise alone.

Means add up with the place values of slice and pulse, variances with their squares. Correlations between the
conversions of one output are left out: that is the approximation, besides the Gaussian.

Three things the derivation leaves out are told by examples (`fitted_error`). What converters do has a part that is
linear in what they read: clipping weakens a signal; and where whole sums are read in whole steps, rounding takes off
most of what strayed from them. So the effective weights become W + (a - 1) W + (b - 1) (W' - W), W the codes meant and
W' what cells hold, with a and b of least squared error. (Rounding has no more than half a step to give: of cells that
later stray by twice as much, a quarter of the share 1 - b is taken off.) And what is left grows with the power q of a
vector, the sum of its squared pulses: read noise in proportion, rounding not at all. The variance of column n is
V_n (1 - h + h q / q_mean), h from the squared errors of examples against their q.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog, InputFormat
from bitline.numerics.cells import Block, Cells, joined
from bitline.numerics.codes.pulses import pulse_weights, pulses, top_digit
from bitline.numerics.conversion import Conversion, resting, signed_sums
from bitline.numerics.read_noise import output_variance

_TABULATED = 127
"""Largest code whose square is looked up."""


@final
@dataclass(frozen=True, slots=True)
class Activity:
    """Pulse statistics of a layer's inputs, `[pulses, k]` each: the mean digit and the mean square digit."""

    mean: Tensor
    square: Tensor


@final
@dataclass(frozen=True, slots=True)
class Response:
    """How outputs follow what was meant, what cells strayed by, and how large a vector is. Factors, all of them."""

    signal: float = 1.0
    """On the product with the codes that were meant."""
    deviation: float = 1.0
    """On the product with what cells strayed by."""
    strayed: float = 0.0
    """Mean square of that, per weight; cells that stray by more have no larger share taken off than rounding can."""
    driven: float = 0.0
    """Share of the variance that grows with a vector's `power`."""
    power: float = 1.0
    """The power at which the variance is what is said."""


ALL = Response()
"""Everything is passed on, and errors are alike for all vectors."""


@final
@dataclass(frozen=True, slots=True)
class ErrorMoments:
    """Mean and variance `[n]` of a column's error, in products of codes and their squares, as float64."""

    mean: Tensor
    variance: Tensor
    response: Response = ALL


def mean_square(values: Tensor) -> float:
    """Give the mean of squares, added up in float64."""
    return float(values.square().mean(dtype=torch.float64))


def even_activity(form: InputFormat, k: int) -> Activity:
    """Give the statistics of digits of which every value is equally likely: what is assumed before calibration."""
    top = top_digit(form)
    count = form.passes * form.pulses
    mean = torch.full((count, k), 0.0 if form.signed == "bipolar" else top / 2.0)
    return Activity(mean, torch.full((count, k), top * (2 * top + 1) / 6.0))


def measured_activity(codes: Tensor, form: InputFormat) -> Activity:
    """Give the statistics of the pulses that carry these input codes `[rows, k]`."""
    digits = [pulse.digits.to(torch.float32) for pulse in pulses(codes, form)]
    mean = torch.stack([part.mean(dim=0) for part in digits])
    return Activity(mean, torch.stack([part.square().mean(dim=0) for part in digits]))


def powers(codes: Tensor, form: InputFormat) -> Tensor:
    """Give the sum of squares `[rows]` of what pulses of codes `[rows, k]` carry, each with the weight of its sums."""
    if form.top_code <= _TABULATED:
        squares = _squares(form).to(codes.device)[codes.to(torch.int32) + _TABULATED + 1]
    else:
        squares = _squared(codes, form)
    return squares.sum(dim=1, dtype=torch.int64)


@lru_cache(maxsize=16)
def _squares(form: InputFormat) -> Tensor:
    """Tabulate the square of every 8-bit code."""
    lowest = -form.top_code - (0 if form.signed == "bipolar" else 1)
    codes = torch.arange(-_TABULATED - 1, _TABULATED + 1, dtype=torch.int32)
    return _squared(codes.clamp_(lowest, form.top_code), form).to(torch.int32)


def _squared(codes: Tensor, form: InputFormat) -> Tensor:
    found = torch.zeros(codes.shape, dtype=torch.int64, device=codes.device)
    for pulse in pulses(codes, form):
        found += pulse.weight**2 * pulse.digits.to(torch.int64).square()
    return found


def error_moments(cells: Cells, arithmetic: Analog, activity: Activity, transfer: Conversion | None) -> ErrorMoments:
    """Add up the error of every conversion over blocks, digits and pulses."""
    count, columns = len(cells.digits), cells.columns
    device = activity.mean.device
    mean = torch.zeros(columns, dtype=torch.float64, device=device)
    variance = torch.zeros_like(mean)
    weights = torch.tensor(pulse_weights(arithmetic.input), dtype=torch.float64, device=device)
    places = torch.tensor([float(digit.place) for digit in cells.digits], dtype=torch.float64, device=device)
    place = weights[:, None, None] * places[None, :, None]
    for block in cells.blocks:
        one = _conversion_moments(cells, arithmetic, _of_block(activity, block), block, transfer)
        shape = (len(weights), count, columns)
        mean += (one.mean.view(shape) * place).sum(dim=(0, 1))
        variance += (one.variance.view(shape) * place.square()).sum(dim=(0, 1))
    if arithmetic.weight.encoding == "bias_column":
        return ErrorMoments(mean[1:] - mean[0], variance[1:] + variance[0])
    return ErrorMoments(mean, variance)


def _conversion_moments(
    cells: Cells, arithmetic: Analog, activity: Activity, block: Block, transfer: Conversion | None
) -> ErrorMoments:
    level = joined(block.planes, cells.unit)
    mean, square = activity.mean.to(torch.float64), activity.square.to(torch.float64)
    centre = mean @ level
    spread = (square - mean.square()).clamp_(min=0.0) @ level.square()
    noise = torch.full_like(centre, output_variance(arithmetic, cells.age))
    if block.noise is not None:
        noise += square @ joined((block.noise,), cells.noise_unit)
    if transfer is None:
        return ErrorMoments(torch.zeros_like(centre), noise)
    step, zero = transfer.at(block.index)
    rests = torch.tensor([resting(arithmetic, digit) for digit in cells.digits], dtype=torch.float64)
    centre += mean.sum(dim=1, keepdim=True) * rests.to(centre.device).repeat_interleave(cells.columns)
    noise += (step * arithmetic.adc.noise_codes) ** 2
    whole = not isinstance(step, Tensor) and step == 1.0 and cells.unit == 1.0 and not bool(noise.any())
    rounding = 0.0 if whole else step**2 / 12.0
    total = (spread + noise).sqrt()
    above = _loss((transfer.high - zero) * step - centre, total)
    # Sums of unsigned levels are never negative by themselves; only noise takes them there.
    floored = not signed_sums(arithmetic) and not isinstance(zero, Tensor) and transfer.low == zero
    below = _loss(centre - (transfer.low - zero) * step, noise.sqrt() if floored else total)
    error = below.mean - above.mean
    lost = (above.variance + below.variance - error.square()).clamp_(min=0.0)
    return ErrorMoments(error, lost + rounding + noise)


def _loss(margin: Tensor, deviation: Tensor) -> ErrorMoments:
    """Give the first and second moments of how far a Gaussian exceeds a limit `margin` above its mean."""
    deviation = deviation.clamp(min=1e-12)
    z = margin / deviation
    density = torch.exp(-0.5 * z.square()) / math.sqrt(2.0 * math.pi)
    tail = 0.5 * torch.erfc(z / math.sqrt(2.0))
    first = deviation * (density - z * tail)
    second = deviation.square() * ((1.0 + z.square()) * tail - z * density)
    return ErrorMoments(first.clamp_(min=0.0), second.clamp_(min=0.0))


def _of_block(activity: Activity, block: Block) -> Activity:
    rows = slice(block.start, block.stop)
    return Activity(activity.mean[:, rows], activity.square[:, rows])
