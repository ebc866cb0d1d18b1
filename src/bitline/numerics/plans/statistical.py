"""Plan `statistical`: one product with the effective weights, plus the mean and spread that conversion would add."""

from __future__ import annotations

from typing import ClassVar, final

from torch import Tensor, float32

from bitline.hardware import Analog
from bitline.numerics.chance import Key, fingerprints, normal_rows
from bitline.numerics.plans.fold import Fold
from bitline.numerics.plans.moments import ErrorMoments, Response, mean_square, powers
from bitline.numerics.plans.sums import Sums


@final
class Statistical(Sums):
    """A fold with Gaussian noise referred to the output."""

    plan: ClassVar[str] = "statistical"

    def __init__(self, fold: Fold, moments: ErrorMoments, arithmetic: Analog, key: Key) -> None:
        """Add errors with `moments` (per column, in products of codes) to the sums of `fold`."""
        self.arithmetic, self.key = arithmetic, key
        self.set_moments(fold, moments)

    def set_moments(self, fold: Fold, moments: ErrorMoments) -> None:
        """Replace the product and the error's mean and spread, after calibration has seen real inputs."""
        self.fold, self.response = fold, moments.response
        self.mean = (moments.mean / fold.unit).to(float32)
        self.spread = (moments.variance.sqrt() / fold.unit).to(float32)

    def sums(self, codes: Tensor) -> Tensor:
        """Multiply codes `[rows, k]`, then add each row's own noise; float32."""
        sums = self.fold.mean(codes)
        noise = normal_rows(fingerprints(codes), [(*self.key, "converted")], sums.shape[1])
        response = self.response
        if response.driven:
            share = powers(codes, self.arithmetic.input).to(float32).mul_(response.driven / response.power)
            noise.mul_(share.add_(1.0 - response.driven).sqrt_().unsqueeze(1))
        return sums.addcmul_(noise, self.spread).add_(self.mean)

    @property
    def unit(self) -> Tensor:
        """As the fold's."""
        return self.fold.unit

    @property
    def stored_bytes(self) -> int:
        """The fold's, and two numbers a column."""
        return self.fold.stored_bytes + self.mean.nbytes + self.spread.nbytes


def passed(level: Tensor, codes: Tensor, response: Response) -> Tensor:
    """Give the effective weights `[n, k]` as converters pass them on, from those of the cells and the codes meant."""
    if (response.signal, response.deviation) == (1.0, 1.0):
        return level
    strayed = mean_square(level - codes)
    deviation = response.deviation
    if strayed > response.strayed:
        deviation = 1.0 + (deviation - 1.0) * response.strayed / strayed
    return level.mul(deviation).add_(codes, alpha=response.signal - deviation)
