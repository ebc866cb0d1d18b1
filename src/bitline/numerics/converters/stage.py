"""One step of a signal through a physical converter."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor


class Stage(ABC):
    """Elementwise and fixed for each column, so that nothing beside a value has a say in what becomes of it."""

    @abstractmethod
    def apply(self, codes: Tensor) -> Tensor:
        """Change fractional codes `[..., columns]`, float32, counted as the converter counts; overwrites them."""
