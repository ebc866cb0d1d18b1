"""How many tokens' keys and values a chip has room for beside the weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import final

from bitline.errors import CapacityError
from bitline.mapping.capacity import memory_too_small
from bitline.mapping.place import place
from bitline.mapping.storage import cache_home, stored_bytes
from bitline.serving.direct import Direct
from bitline.serving.horizons import Horizons, horizons
from bitline.workload import decode

MOST_TOKENS = 2**20
MOST_REQUESTS = 2**16


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """For keys and values of all requests together."""

    values: float
    """As `horizons` count them; infinite where the description names no place for them."""
    requests: int
    """At once at most, however short."""
    horizons: Horizons

    @property
    def tokens(self) -> float:
        """Of one request that has so many, if it is shorter than every window; infinite where nothing sets a limit."""
        return self.values // self.horizons.whole if self.values < float("inf") else self.values


def room(direct: Direct, longest: int) -> Room:
    """Give the room for requests of `longest` tokens at most.

    In a memory, what layers keep of every request is counted in values (blocks of a paged cache are not rounded up
    to). On units, what one request alone may hold is the room of all, in tokens. Raises CapacityError where weights
    leave no room.
    """
    model, chip = direct.model, direct.chip
    known = horizons(model, longest)
    home = cache_home(decode(model, 1, 1), chip)
    if home is None:
        return Room(values=float("inf"), requests=MOST_REQUESTS, horizons=known)
    held = stored_bytes(direct.holdings, chip, home, 0.0)
    if home.memory is None:
        limit = model.design.position_rows or MOST_TOKENS
        tokens = _most(limit, lambda tokens: _fits(direct, 1, tokens))
        requests = _most(MOST_REQUESTS, lambda requests: _fits(direct, requests, 1))
        endless = tokens == limit and requests == MOST_REQUESTS
        in_tokens = replace(known, values=(1, *(0 for _ in known.limits)), state=0)
        return Room(values=float("inf") if endless else tokens, requests=requests, horizons=in_tokens)
    memory = chip.memories[home.memory]
    free_bytes = memory.capacity_bytes * memory.count * chip.devices.pipeline - held.get(home.memory, 0.0)
    value_bytes = home.bits / (8 * home.devices)
    first_bytes = known.held(1) * value_bytes
    if free_bytes < first_bytes:
        raise memory_too_small(
            chip, home.memory, needed_bytes=held.get(home.memory, 0.0) + first_bytes, cache_bytes=first_bytes
        )
    return Room(values=float(int(free_bytes / value_bytes)), requests=MOST_REQUESTS, horizons=known)


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
