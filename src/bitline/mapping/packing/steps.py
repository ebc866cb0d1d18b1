"""How long a search may go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


class OutOfStepsError(Exception):
    """The search was stopped before it was through."""


@final
@dataclass(slots=True)
class Steps:
    """How many places a search may still try."""

    left: int

    def take(self) -> None:
        """Count one; raises OutOfStepsError if none is left."""
        self.left -= 1
        if self.left < 0:
            raise OutOfStepsError
