"""Into how many passes a step is parted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Parts:
    """Into what a step is parted."""

    stages: int = 1
    """Passes that are on different devices at one time."""
    interleaved: int = 1
    """Passes that take turns on one device."""

    @property
    def passes(self) -> int:
        """Equal passes that make a step."""
        return self.stages * self.interleaved


WHOLE = Parts()
"""One pass."""
