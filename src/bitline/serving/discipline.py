"""How a server lets requests in and fills its passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.errors import ConfigError, above_other, outside

MOST_ROWS = 2**16


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Discipline:
    """First come, first served, in passes: every running request makes one token, and prompts fill the rest.

    The defaults of `requests` and `pass_tokens` are those of vLLM's chunked prefill [recalled].
    """

    requests: int = 256
    """Let in at once at most."""
    pass_tokens: int = 512
    """Rows of one pass: tokens being made, and tokens of prompts."""
    chunked: bool = True
    """Cut prompts to fill a pass. If not, a pass takes whole prompts while they fit, and one at least."""
    reserve: bool = False
    """Let a request in only when all its tokens will fit; if not, keys and values grow, and when they meet the end of
    the memory the request let in last loses its own and later takes in its prompt, and what it made, once more."""
    spare_fraction: float = 0.01
    """Of the room for keys and values, kept free when letting requests in beside others (vLLM's watermark
    [recalled]); not with `reserve`."""

    def __post_init__(self) -> None:
        """Refuse what cannot go on."""
        for name in ("requests", "pass_tokens"):
            if not 1 <= getattr(self, name) <= MOST_ROWS:
                raise outside(f"discipline.{name}", getattr(self, name), 1, MOST_ROWS, "")
        if not 0 <= self.spare_fraction < 1:
            raise ConfigError(f"discipline.spare_fraction = {self.spare_fraction:g} is outside 0..1. Nearest: 0.")
        if self.requests >= self.pass_tokens:
            # Each running request takes a row: a prompt would never get one.
            raise above_other("discipline.requests", self.requests, "discipline.pass_tokens - 1", self.pass_tokens - 1)
