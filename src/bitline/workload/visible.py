"""How many keys a query sees, and which share of the products a mask throws away."""

from __future__ import annotations

import numpy as np

from bitline.operators import Size
from bitline.workload.step import Step


def keys_read(step: Step, limit: int | None) -> Size:
    """Count the keys that take part in the products of a step.

    A step of one token reads what it sees. A longer step multiplies all its queries with all the keys that any of
    them sees, and `masked_fraction` says what a mask throws away of that.
    """
    if limit is None:
        return step.context
    most = limit + step.tokens - 1
    if isinstance(step.context, np.ndarray):
        return np.minimum(step.context, most)
    return min(step.context, most)


def masked_fraction(step: Step, limit: int | None) -> Size:
    """Give the share of query-key pairs that lie in the future or beyond the last `limit` keys.

    Of n queries after p cached tokens, query j sees min(p + j, limit) of the keys that `keys_read` counts.
    """
    tokens = step.tokens
    if tokens == 1:
        return 0.0
    past = step.context - tokens
    full: Size = tokens
    if limit is not None:
        room = limit - past
        full = np.clip(room, 0, tokens) if isinstance(room, np.ndarray) else min(max(room, 0), tokens)
    seen = full * past + full * (full + 1) // 2 + (tokens - full) * (limit or 0)
    return 1.0 - seen / (tokens * keys_read(step, limit))
