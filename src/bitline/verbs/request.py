"""What is asked of the model: how many requests at once, how long the prompt, how many tokens to make."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import final

from bitline.errors import outside, wrong_type

MOST = 2**24


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`batch` requests that go together, each with `prompt` tokens, each wanting `generate` tokens.

    The pass over the prompt (prefill) makes the first token, and each further token takes one decode step: so
    there are `generate - 1` steps, and 0 asks for the prompt alone, as encoders do.
    """

    batch: int = 1
    prompt: int = 512
    generate: int = 0

    def __post_init__(self) -> None:
        """Refuse what is not a whole number or out of range; those of numpy become Python's."""
        for name, least in (("batch", 1), ("prompt", 1), ("generate", 0)):
            given = getattr(self, name)
            if isinstance(given, bool) or not isinstance(given, Integral):
                raise wrong_type(f"request.{name}", given, "a whole number")
            value = int(given)
            if not least <= value <= MOST:
                raise outside(f"request.{name}", value, least, MOST, "")
            object.__setattr__(self, name, value)

    @property
    def steps(self) -> int:
        """Decode steps."""
        return max(self.generate - 1, 0)

    @property
    def tokens(self) -> int:
        """Tokens that count as output: those made, or those read where none is made."""
        return self.batch * (self.generate or self.prompt)
