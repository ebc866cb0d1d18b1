"""How many tokens' keys and values a chip has room for beside the weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import final

from bitline.engines.dram_pim import DramPim
from bitline.errors import CapacityError
from bitline.mapping.capacity import memory_too_small
from bitline.mapping.place import place
from bitline.mapping.placement import engine_for
from bitline.mapping.storage import cache_home, room_bytes, stored_bytes
from bitline.operators import MatMul
from bitline.serving.dealt import Deal, deal
from bitline.serving.direct import Direct
from bitline.serving.horizons import Horizons, horizons
from bitline.workload import decode

MOST_TOKENS = 2**20
MOST_REQUESTS = 2**16
ALL = Horizons()


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """For keys and values of all requests together."""

    values: float = float("inf")
    """As `horizons` count them; infinite where the description names no place for them."""
    requests: int = MOST_REQUESTS
    """At once at most, however short."""
    longest: int = MOST_TOKENS
    """Of one request at most."""
    horizons: Horizons = ALL
    channels: int = 0
    """One of which keeps all keys and values of a request; 0 where those of a request are spread."""
    in_turn: bool = False
    """Requests go to one channel after the other, not to the emptiest."""
    deal: Deal | None = None
    """Into how many parts requests are dealt; None where all go together."""

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
    shelves, in_turn = _channels(direct)
    seen = horizons(model, longest)
    there = Room(longest=longest, horizons=seen, channels=shelves, in_turn=in_turn, deal=deal(chip))
    home = cache_home(decode(model, 1, 1), chip)
    if home is None:
        return there
    held = stored_bytes(direct.holdings, chip, home, 0.0)
    if home.memory is None:
        limit = model.design.position_rows or MOST_TOKENS
        tokens = _most(limit, lambda tokens: _fits(direct, 1, tokens))
        requests = _most(MOST_REQUESTS, lambda requests: _fits(direct, requests, 1))
        endless = tokens == limit and requests == MOST_REQUESTS
        in_tokens = replace(there.horizons, values=(1, *(0 for _ in there.horizons.limits)), state=0)
        return replace(there, values=float("inf") if endless else tokens, requests=requests, horizons=in_tokens)
    there_bytes = room_bytes(home.memory, chip, direct.holdings)
    free_bytes = there_bytes - held.get(home.memory, 0.0)
    value_bytes = home.bits / (8 * home.devices)
    first_bytes = there.horizons.held(1) * value_bytes
    if free_bytes < first_bytes:
        raise memory_too_small(
            chip, home.memory, room_bytes=there_bytes, needed_bytes=held.get(home.memory, 0.0) + first_bytes,
            cache_bytes=first_bytes,
        )  # fmt: skip
    return replace(there, values=float(int(free_bytes / value_bytes)))


def _channels(direct: Direct) -> tuple[int, bool]:
    """Count the channels, and say whether they take turns; stages and groups of experts have their own."""
    chip = direct.chip
    operators = [one for block in decode(direct.model, 1, 1).blocks for one in block.operators]
    readers = [one for one in operators if isinstance(one, MatMul) and one.stationary == "cache"]
    engine = chip.engines[engine_for(readers[0], chip)] if readers else None
    if not isinstance(engine, DramPim) or engine.cache != "request":
        return 0, False
    return engine.channels * chip.devices.pipeline * chip.devices.expert, engine.packing == "round_robin"


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
