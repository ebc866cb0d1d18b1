"""Plan `statistical`: one product with the effective weights, plus the mean and spread that conversion would add."""

from __future__ import annotations

from typing import ClassVar, final

from torch import Tensor, float32

from bitline.numerics.chance import Key, fingerprints, normal_rows
from bitline.numerics.fold import Fold
from bitline.numerics.moments import ErrorMoments
from bitline.numerics.sums import Sums


@final
class Statistical(Sums):
    """A fold with Gaussian noise referred to the output."""

    plan: ClassVar[str] = "statistical"

    def __init__(self, fold: Fold, moments: ErrorMoments, key: Key) -> None:
        """Add errors with `moments` (per column, in products of codes) to the sums of `fold`."""
        self.fold, self.key = fold, key
        self.set_moments(moments)

    def set_moments(self, moments: ErrorMoments) -> None:
        """Replace the error's mean and spread, after calibration has seen real inputs."""
        self.mean = (moments.mean / self.fold.unit).to(float32)
        self.spread = (moments.variance.sqrt() / self.fold.unit).to(float32)

    def sums(self, codes: Tensor) -> Tensor:
        """Multiply codes `[rows, k]`, then add each row's own noise; float32."""
        sums = self.fold.mean(codes)
        noise = normal_rows(fingerprints(codes), [(*self.key, "converted")], sums.shape[1])
        return sums.addcmul_(noise, self.spread).add_(self.mean)

    @property
    def unit(self) -> Tensor:
        """As the fold's."""
        return self.fold.unit

    @property
    def stored_bytes(self) -> int:
        """The fold's, and two numbers a column."""
        return self.fold.stored_bytes + self.mean.nbytes + self.spread.nbytes
