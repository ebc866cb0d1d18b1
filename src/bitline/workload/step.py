"""What one step of a model is asked to do: how many requests and tokens, and how far they look back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.operators import Size


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One pass over a stack of layers."""

    batch: int
    """Requests that go together."""
    tokens: int
    """Tokens each request puts through now."""
    context: Size
    """Tokens each request can look back on, those of this step included; an array gives the context axis."""
    source: int = 0
    """Tokens of the encoder's output that cross-attention reads; 0 where there is no encoder."""
    first: bool = True
    """Nothing is cached yet: keys and values of the encoder's output are made in this step."""
    every_position: bool = False
    """Scores are wanted for every token, not only for the last one of each request."""

    scored: int | None = None
    """Requests whose next token is scored, where that is not all of them."""

    @property
    def rows(self) -> int:
        """Tokens of all requests."""
        return self.batch * self.tokens

    @property
    def scored_rows(self) -> int:
        """Tokens of all requests whose next token is scored."""
        if self.every_position:
            return self.rows
        return self.batch if self.scored is None else self.scored
