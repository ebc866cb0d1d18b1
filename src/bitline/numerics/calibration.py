"""What a matrix learns from example inputs: ranges of its inputs and converters, and the errors that leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog, Integer
from bitline.numerics.conversion import signed_sums
from bitline.numerics.converters import Histogram, range_from
from bitline.numerics.correction import fit_affine
from bitline.numerics.plans.exact import Exact
from bitline.numerics.plans.fold import Fold, whole
from bitline.numerics.plans.lossless import Lossless
from bitline.numerics.plans.moments import ErrorMoments, Response, error_moments, mean_square, measured_activity, powers
from bitline.numerics.plans.sums import Sums

_BINS, _FEW_BINS, _MANY = 2048, 256, 4096
"""Of a histogram, which takes 8 bytes a bin; few where more groups than many share no range."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What was learnt for the rows of a matrix that share one scale per column; None where nothing was to learn."""

    ranges: Tensor | None = None
    """Lowest and highest sums that codes are spread over, `[blocks or 1, digits * columns or 1, 2]`, in levels times
    input steps."""
    error: ErrorMoments | None = None
    """What conversion adds to each column, for plan `statistical`."""
    affine: tuple[Tensor, Tensor] | None = None
    """Scale and offset `[n]` that make of sums read what was meant, in products of codes."""


UNFITTED = Fitted()
"""Before any example was seen."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was learnt from example inputs of one matrix."""

    input_scale: float
    """Real value of one input code."""
    row_scale: Tensor | None = None
    """What each input row `[k]` is divided by, and its weights are multiplied by; None leaves them alone."""
    fitted: tuple[Fitted, ...] = ()
    """One for each piece of the matrix with scales of its own."""


def fits_converter(arithmetic: Analog | Integer) -> bool:
    """Say whether converters or columns are fitted to examples."""
    return isinstance(arithmetic, Analog) and (
        (arithmetic.adc.range == "calibrated" and arithmetic.adc.bits is not None)
        or arithmetic.correction.affine == "column"
    )


def fitted_ranges(exact: Exact, codes: Tensor) -> Tensor:
    """Give the lowest and highest noiseless sums that calibrated converters span, shared as the description says.

    `[blocks or 1, digits * columns or 1, 2]`, in levels times input steps.
    """
    adc, cells = exact.arithmetic.adc, exact.cells
    digits, blocks = len(cells.digits), len(cells.blocks)
    each = digits * cells.columns
    by_digit = torch.arange(digits).repeat_interleave(cells.columns)
    groups = {"matrix": 1, "slice": digits, "block": blocks * digits, "column": blocks * each}[adc.scope]

    def group(block: int) -> Tensor:
        if adc.scope == "matrix":
            return torch.zeros(each, dtype=torch.int64)
        if adc.scope == "column":
            return torch.arange(each) + block * each
        return by_digit + (block * digits if adc.scope == "block" else 0)

    histogram = Histogram(groups, bins=_BINS if groups <= _MANY else _FEW_BINS, device=codes.device)
    for pulse, block, sums in exact.bitline_sums(codes):
        rest = exact.resting_sums(pulse, block)
        seen = sums.to(torch.float32).mul_(cells.unit)
        histogram.add(seen if rest is None else seen.add_(rest), group(block.index).to(codes.device))
    found = range_from(histogram, adc, signed=signed_sums(exact.arithmetic))
    return torch.stack([found[group(block).to(found.device)] for block in range(blocks if groups > digits else 1)])


def fitted_affine(meant: Sums, read: Sums, codes: Tensor) -> tuple[Tensor, Tensor]:
    """Fit a scale and an offset `[n]` for each column that make of sums read what was meant, in products of codes."""
    scale, offset = fit_affine(meant.sums(codes), read.sums(codes) * read.unit)
    return scale.to(torch.float32), offset.to(torch.float32)


def fitted_error(exact: Exact, meant: Tensor, held: Tensor, codes: Tensor) -> ErrorMoments:
    """Measure what converters do to products with effective weights `held [n, k]`, besides the noise they add.

    `codes` are best not those that ranges were fitted to, which none of them exceeds: others do, now and then.
    Examples are few: the linear part is one for all columns, a column's mean and variance are pulled towards none and
    towards what is derived by the share of what is seen that chance explains.
    """
    arithmetic = exact.arithmetic
    fold = Fold(whole(held), meant, arithmetic)
    product = fold.mean(codes).to(torch.float64).mul_(fold.unit)
    error = exact.sums(codes).to(torch.float64).sub_(product)
    ideal = Lossless(meant, arithmetic.weight.bits, arithmetic.input.top_code)
    wanted = ideal.sums(codes).to(torch.float64).mul_(ideal.unit)
    signal, deviation = _linear_part(error, wanted, product.sub_(wanted))
    error.sub_(wanted, alpha=signal).sub_(product, alpha=deviation)
    form, rows = arithmetic.input, len(error)
    derived = error_moments(exact.cells, arithmetic, measured_activity(codes, form), exact.transfer).variance
    mean = error.mean(dim=0)
    squares = error.sub_(mean).square_().mul_(rows / max(1, rows - 1))
    driven, power = _driven(squares.mean(dim=1), powers(codes, form).to(torch.float64))
    variance = squares.mean(dim=0)
    derived = derived * (variance.mean() / derived.mean().clamp(min=1e-30))
    chance = squares.var(dim=0, correction=0) / rows
    variance = derived + _shrunk(variance - derived, chance)
    strayed = mean_square(held - meant)
    response = Response(1.0 + signal, 1.0 + deviation, strayed, driven, power)
    return ErrorMoments(_shrunk(mean, variance / rows), variance.clamp_(min=0.0), response)


def _linear_part(error: Tensor, wanted: Tensor, strayed: Tensor) -> tuple[float, float]:
    """Give the factors of least squared error with which two products make up the error, columns centred."""
    parts = torch.stack([(one - one.mean(dim=0)).flatten() for one in (wanted, strayed)])
    squares = parts @ parts.T
    # Where cells hold what they should, or nothing was sent, there is nothing to divide by.
    squares += torch.eye(2, dtype=squares.dtype, device=squares.device) * (1e-9 * squares.diagonal().max() + 1e-30)
    signal, deviation = torch.linalg.solve(squares, parts @ error.flatten()).tolist()
    return signal, deviation


def _driven(squares: Tensor, power: Tensor) -> tuple[float, float]:
    """Give the share of squared errors `[rows]` that grows with the power of a vector, and the mean power."""
    mean = float(power.mean().clamp(min=1.0))
    relative = power / mean - 1.0
    slope = (squares * relative).sum() / relative.square().sum().clamp(min=1e-30)
    return float((slope / squares.mean().clamp(min=1e-30)).clamp(0.0, 1.0)), mean


def _shrunk(means: Tensor, chance: Tensor) -> Tensor:
    """Pull column means of few examples towards zero by the share of their spread that chance explains."""
    observed = means.square().mean()
    return means * ((observed - chance.mean()) / observed.clamp(min=1e-30)).clamp(min=0.0)
