"""What every plan for computing a layer answers: integer input codes in, sums in units of one code product out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor


class Sums(ABC):
    """The programmed cells of one matrix together with a way to compute with them."""

    plan: ClassVar[str]

    @abstractmethod
    def sums(self, codes: Tensor) -> Tensor:
        """Multiply codes `[rows, k]`: sums `[rows, n]`, integer or float32, in multiples of `unit`."""

    @property
    @abstractmethod
    def unit(self) -> Tensor | float:
        """The value of one, in products of codes: a number or one per column `[n]`."""

    @property
    @abstractmethod
    def stored_bytes(self) -> int:
        """Memory that the programmed state takes."""
