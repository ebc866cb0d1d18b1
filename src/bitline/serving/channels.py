"""Where a memory keeps all keys and values of a request in one channel, a pass waits for the fullest one."""

from __future__ import annotations

from typing import final


@final
class Channels:
    """Which running request lies where: it goes to the emptiest channel, or the next in turn, and stays there."""

    def __init__(self, channels: int, *, in_turn: bool = False) -> None:
        self._in_turn = in_turn
        self._next = 0
        self._tokens = [0] * channels
        """What requests of a channel look back on, less a token for each of them and each pass gone by."""
        self._requests = [0] * channels
        self._places: dict[int, int] = {}

    def join(self, request: int, context: int, passes: int) -> None:
        """Lay down a request whose next token looks back on a context, itself included, so many passes having gone."""
        place = self._next
        if not self._in_turn:
            loads = self._loads(passes)
            place = loads.index(min(loads))
        self._next = (place + 1) % len(self._tokens)
        self._places[request] = place
        self._requests[place] += 1
        self._tokens[place] += context - passes

    def leave(self, request: int, context: int, passes: int) -> None:
        """Take a request away that has come to a context."""
        place = self._places.pop(request)
        self._requests[place] -= 1
        self._tokens[place] -= context - passes

    def context(self, passes: int) -> float:
        """Give the context at which as many equal requests would fill the fullest channel as much."""
        side_by_side = -(-len(self._places) // len(self._tokens))
        return max(self._loads(passes)) / side_by_side

    def _loads(self, passes: int) -> list[int]:
        return [tokens + requests * passes for tokens, requests in zip(self._tokens, self._requests, strict=True)]
