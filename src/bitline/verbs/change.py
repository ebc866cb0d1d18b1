"""How much worse a text is predicted, with the chance that is in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

from torch import Tensor


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Of the mean negative log likelihood of a text, against the digital model."""

    nats_per_token: float
    """Positive where the chip is worse."""
    error_nats_per_token: float
    """Standard error over windows of text, each compared with itself; the errors of the chip stay the same."""

    @property
    def perplexity_ratio(self) -> float:
        """Perplexity over that of the digital model."""
        return math.exp(self.nats_per_token)

    @property
    def seen(self) -> bool:
        """Whether it stands out of its standard error (twice)."""
        return abs(self.nats_per_token) > 2.0 * self.error_nats_per_token


def change(nats: Tensor, before: Tensor, tokens: Tensor) -> Change:
    r"""Compare nats of windows `[windows]` with those before, both of `tokens [windows]`.

    With $d_w$ the difference and $t_w$ the tokens of a window: $\bar d = \sum d_w / \sum t_w$, and its standard
    error is $\sqrt{\frac{W}{W-1} \sum (d_w - \bar d t_w)^2} / \sum t_w$; not a number for a single window.
    """
    difference = nats - before
    mean = difference.sum() / tokens.sum()
    windows = len(nats)
    spread = (difference - mean * tokens).square().sum() * (windows / (windows - 1) if windows > 1 else math.nan)
    return Change(nats_per_token=float(mean), error_nats_per_token=float(spread.sqrt() / tokens.sum()))
