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
    dealt: float = 1
    """All requests over those of the device that has most of them."""
    busy_fraction: float = 1.0
    """Requests of a device, as a mean, over those of the one that has most: others wait for it."""

    @property
    def passes(self) -> int:
        """Equal passes that make a step."""
        return self.stages * self.interleaved


WHOLE = Parts()
"""One pass."""
