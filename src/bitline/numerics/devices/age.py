"""When and how warm a programmed device is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """The moment of reading; at age 0 nothing has drifted yet, but 1/f noise is there."""

    seconds: float = 0.0
    """Since programming was over."""
    kelvin: float = 300.0
    """All that time, and while reading."""
    tokens: float = 0.0
    """Processed since, for cells whose leak is told per token."""


NEW = Age()
