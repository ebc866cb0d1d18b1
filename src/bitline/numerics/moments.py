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
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog, InputFormat
from bitline.numerics.cells import Block, Cells, joined
from bitline.numerics.conversion import Conversion, conversion
from bitline.numerics.pulses import pulses
from bitline.numerics.read_noise import output_variance


@final
@dataclass(frozen=True, slots=True)
class Activity:
    """Pulse statistics of a layer's inputs, `[pulses, k]` each: the mean digit and the mean square digit."""

    mean: Tensor
    square: Tensor


@final
@dataclass(frozen=True, slots=True)
class ErrorMoments:
    """Mean and variance `[n]` of a column's error, in products of codes and their squares, as float64."""

    mean: Tensor
    variance: Tensor


def even_activity(form: InputFormat, k: int) -> Activity:
    """Give the statistics of digits of which every value is equally likely: what is assumed before calibration."""
    top = (1 << form.bits_per_pulse) - 1
    count = form.passes * form.pulses
    mean = torch.full((count, k), top / 2.0)
    return Activity(mean, torch.full((count, k), top * (2 * top + 1) / 6.0))


def measured_activity(codes: Tensor, form: InputFormat) -> Activity:
    """Give the statistics of the pulses that carry these input codes `[rows, k]`."""
    digits = [pulse.digits.to(torch.float32) for pulse in pulses(codes, form)]
    mean = torch.stack([part.mean(dim=0) for part in digits])
    return Activity(mean, torch.stack([part.square().mean(dim=0) for part in digits]))


def error_moments(cells: Cells, arithmetic: Analog, activity: Activity, adc_range: float | None) -> ErrorMoments:
    """Add up the error of every conversion over blocks, slices and pulses."""
    transfer = conversion(arithmetic, adc_range)
    mean = torch.zeros(cells.columns, dtype=torch.float64, device=activity.mean.device)
    variance = torch.zeros_like(mean)
    pulse_weights = _pulse_weights(arithmetic.input, activity)
    slice_weights = torch.tensor([float(1 << (i * arithmetic.cell.bits)) for i in range(cells.slices)])
    place = pulse_weights[:, None, None] * slice_weights[None, :, None].to(pulse_weights)
    for block in cells.blocks:
        one = _conversion_moments(cells, arithmetic, _of_block(activity, block), block, transfer)
        shape = (len(pulse_weights), cells.slices, cells.columns)
        mean += (one.mean.view(shape) * place).sum(dim=(0, 1))
        variance += (one.variance.view(shape) * place.square()).sum(dim=(0, 1))
    return ErrorMoments(mean, variance)


def _conversion_moments(
    cells: Cells, arithmetic: Analog, activity: Activity, block: Block, transfer: Conversion | None
) -> ErrorMoments:
    level = joined(block.planes, cells.unit)
    mean, square = activity.mean.to(torch.float64), activity.square.to(torch.float64)
    centre = mean @ level
    spread = (square - mean.square()).clamp_(min=0.0) @ level.square()
    noise = torch.full_like(centre, output_variance(arithmetic))
    if block.noise:
        noise += square @ joined(block.noise, cells.noise_unit)
    if transfer is None:
        return ErrorMoments(torch.zeros_like(centre), noise)
    whole = transfer.step == 1.0 and cells.unit == 1.0 and not bool(noise.any())
    rounding = 0.0 if whole else transfer.step**2 / 12.0
    total = (spread + noise).sqrt()
    above = _loss(transfer.step * transfer.high - centre, total)
    # Sums of unsigned levels are never negative by themselves; only noise takes them there.
    below = _loss(centre - transfer.step * transfer.low, total if transfer.low else noise.sqrt())
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


def _pulse_weights(form: InputFormat, activity: Activity) -> Tensor:
    nothing = torch.zeros(1, 1, dtype=torch.int32)
    weights = [float(pulse.weight) for pulse in pulses(nothing, form)]
    return torch.tensor(weights, dtype=torch.float64, device=activity.mean.device)
