"""How many tokens' keys and values a chip has room for beside the weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from bitline.errors import CapacityError
from bitline.mapping.capacity import memory_too_small
from bitline.mapping.place import place
from bitline.mapping.storage import cache_home, stored_bytes
from bitline.serving.direct import Direct
from bitline.workload import decode, kv_cache_bytes

MOST_TOKENS = 2**20
MOST_REQUESTS = 2**16


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """For keys and values of all requests together."""

    tokens: float
    """Infinite where the description names no place for them."""
    requests: int
    """At once at most, however short."""


def room(direct: Direct, mean_tokens: float) -> Room:
    """Give the room in the memory that holds keys and values, or on the units that keep them.

    In a memory a token takes what it takes on average in a request of `mean_tokens`: windows and fixed states make
    that depend on the length. Blocks of a paged cache are not rounded up to. On units, what one request alone may
    hold is the room of all. Raises CapacityError where weights leave no room.
    """
    model, chip = direct.model, direct.chip
    step = decode(model, 1, 1)
    home = cache_home(step, chip)
    if home is None:
        return Room(tokens=float("inf"), requests=MOST_REQUESTS)
    held = stored_bytes(direct.holdings, chip, home, 0.0)
    if home.memory is None:
        longest = model.design.position_rows or MOST_TOKENS
        tokens = _most(longest, lambda tokens: _fits(direct, 1, tokens))
        requests = _most(MOST_REQUESTS, lambda requests: _fits(direct, requests, 1))
        return Room(
            tokens=float("inf") if tokens == longest and requests == MOST_REQUESTS else tokens, requests=requests
        )
    memory = chip.memories[home.memory]
    length = max(1, round(mean_tokens))
    token_bytes = float(np.max(kv_cache_bytes(model, 1, length, home.bits / 8))) / length
    free_bytes = memory.capacity_bytes * memory.count - held.get(home.memory, 0.0)
    if free_bytes < token_bytes:
        raise memory_too_small(
            chip, home.memory, needed_bytes=held.get(home.memory, 0.0) + token_bytes, cache_bytes=token_bytes
        )
    tokens_held = float(int(free_bytes / token_bytes)) if token_bytes else float("inf")
    return Room(tokens=tokens_held, requests=MOST_REQUESTS)


def _fits(direct: Direct, requests: int, tokens: int) -> bool:
    try:
        place(decode(direct.model, requests, tokens), direct.chip, direct.holdings)
    except CapacityError:
        return False
    return True


def _most(limit: int, fits: Callable[[int], bool]) -> int:
    """Give the largest number up to a limit that fits; 0 if not even 1 does."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low
