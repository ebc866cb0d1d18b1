"""How many keys a query sees, and which share of the products a mask throws away."""

from __future__ import annotations

import numpy as np

from bitline.operators import Size
from bitline.workload.step import Step


def keys_read(step: Step, limit: int | None) -> Size:
    """Count the keys that take part in the products of a step.

    A step of one token reads what it sees. A longer step multiplies all its queries with all its keys, and
    `masked_fraction` says what a mask throws away of that.
    """
    if limit is None or step.tokens > 1:
        return step.context
    if isinstance(step.context, np.ndarray):
        return np.minimum(step.context, limit)
    return min(step.context, limit)


def masked_fraction(step: Step, limit: int | None) -> float:
    """Give the share of query-key pairs of a prefill that lie in the future or beyond the last `limit` keys."""
    tokens = step.tokens
    if tokens == 1:
        return 0.0
    full = min(tokens, limit or tokens)
    seen = full * (full + 1) // 2 + (tokens - full) * full
    return 1.0 - seen / (tokens * tokens)
