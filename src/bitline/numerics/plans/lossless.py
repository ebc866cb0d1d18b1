"""Plan `lossless`: the converter has a code for every sum, so slicing is an identity and one product suffices."""

from __future__ import annotations

from typing import ClassVar, final

from torch import Tensor

from bitline.numerics.codes.integer import planes_for, planes_needed, product, split
from bitline.numerics.plans.sums import Sums


@final
class Lossless(Sums):
    """The integer product of the codes themselves."""

    plan: ClassVar[str] = "lossless"

    def __init__(self, codes: Tensor, weight_bits: int, input_top: int) -> None:
        """Keep weight codes `[n, k]`, to be multiplied by input codes up to `input_top`."""
        self.planes = split(codes, planes_needed(weight_bits))
        self.input_planes = planes_for(input_top)

    def sums(self, codes: Tensor) -> Tensor:
        """Multiply exactly; int32, or int64 for codes of more than 8 bits."""
        return product(split(codes, self.input_planes), tuple(plane.t() for plane in self.planes))

    @property
    def unit(self) -> float:
        """Sums are whole products of codes."""
        return 1.0

    @property
    def stored_bytes(self) -> int:
        """One byte a weight and plane."""
        return sum(plane.nbytes for plane in self.planes)
