"""When and how warm a programmed device is read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

from bitline.errors import wrong_type


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """The moment of reading; at age 0 nothing has drifted yet, but 1/f noise is there.

    Raises `ConfigError` for a time before programming, or a temperature that does not exist.
    """

    seconds: float = 0.0
    """Since programming was over."""
    kelvin: float = 300.0
    """All that time, and while reading."""
    tokens: float = 0.0
    """Processed since, for cells whose leak is told per token."""
    reads: float = 0.0
    """Of every cell since, for cells that reading disturbs."""

    def __post_init__(self) -> None:
        for name, value in (("seconds", self.seconds), ("tokens", self.tokens), ("reads", self.reads)):
            if not (math.isfinite(value) and value >= 0):
                raise wrong_type(name, value, "a number of at least 0", near=0.0)
        if not (math.isfinite(self.kelvin) and self.kelvin > 0):
            raise wrong_type("kelvin", self.kelvin, "a number greater than 0", near=300.0)


NEW = Age()
