"""How the time of a token grows with what it looks back on, until the model or the memory ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from bitline.errors import BitlineError
from bitline.hardware.chip import Chip
from bitline.mapping.place import place
from bitline.serving import direct, room
from bitline.timeline import time_of
from bitline.workload import Model, decode

FIRST_TOKENS, LAST_TOKENS = 128, 2**17
"""Contexts that are looked at: powers of two from one to the other."""


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Growth:
    """Decode steps at longer and longer contexts."""

    contexts: NDArray[np.int64]
    time_per_token_s: NDArray[np.float64]
    """Of one step of the batch."""
    full: bool
    """Whether it ends because keys and values of the next would not fit."""


NONE = Growth(contexts=np.empty(0, np.int64), time_per_token_s=np.empty(0), full=False)


def growth(model: Model, chip: Chip, batch: int) -> Growth:
    """Give the time of decode steps at contexts of powers of two, as far as positions and room go.

    Empty for a model that makes no tokens or looks back on an encoder, and where it does not run.
    """
    if not model.is_decoder or model.design.source_limit is not None:
        return NONE
    longest = min(model.context_limit or LAST_TOKENS, LAST_TOKENS)
    try:
        placed = direct(model, chip)
        fitting = room(placed, longest).tokens / batch
        wanted = _powers(longest)
        contexts = wanted[wanted <= fitting]
        if not contexts.size:
            return NONE
        time_s = time_of(place(decode(model, batch, contexts), chip, placed.holdings), chip).time_s
    except BitlineError:
        return NONE
    return Growth(contexts=contexts, time_per_token_s=time_s, full=contexts.size < wanted.size)


def _powers(longest: int) -> NDArray[np.int64]:
    steps = np.arange(np.log2(FIRST_TOKENS), np.log2(max(longest, FIRST_TOKENS)) + 1e-9)
    return np.asarray((2**steps).round(), np.int64)
