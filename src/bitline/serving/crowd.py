"""The requests that make a token in every pass: when the next one ends, what all look back on, what all hold."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import final

from bitline.serving.channels import Channels
from bitline.serving.dealt import Dealt
from bitline.serving.horizons import Horizons


@final
class Crowd:
    """Requests come, make a token in every pass, and go; sums over them are kept up to date."""

    def __init__(self, horizons: Horizons, channels: Channels | None = None, dealt: Dealt | None = None) -> None:
        self._horizons = horizons
        self._channels = channels
        self._dealt = dealt
        self.running: dict[int, tuple[int, int, int]] = {}
        """By request: the pass it came at, the tokens it held then, and the pass at which it ends."""
        self.passes = 0
        """In which somebody made a token."""
        self.contexts = 0
        """Sum over requests of what their next token looks back on, itself included."""
        self.seen = [0] * len(horizons.limits)
        """For each limit, the sum of what layers see that see no more than that."""
        self.growing = [0] * len(horizons.limits)
        """For each limit, requests that have not reached it."""
        self.held = 0
        """Values held by all."""
        self.growth = 0
        """Values that a pass adds to them."""
        self._ends: list[tuple[int, int]] = []
        """Pass and request; those of requests put off are left in."""
        self._reached: list[tuple[int, int, int, int]] = []
        """Pass at which a request reaches a limit, the request, the pass it came at, and the number of the limit."""

    def join(self, request: int, held: int, wanted: int) -> None:
        """Let a request in that holds some tokens and wants more, 1 at least."""
        end = self.passes + wanted
        self.running[request] = (self.passes, held, end)
        heapq.heappush(self._ends, (end, request))
        self.contexts += held + 1
        if self._channels is not None:
            self._channels.join(request, held + 1, self.passes)
        if self._dealt is not None:
            self._dealt.join(held + 1, self.passes)
        self.held += self._horizons.held(held)
        self.growth += self._horizons.values[0]
        for number, limit in enumerate(self._horizons.limits):
            self.seen[number] += min(held + 1, limit)
            if held + 1 < limit:
                self.growing[number] += 1
                self.growth += self._horizons.values[1 + number]
                heapq.heappush(self._reached, (self.passes + limit - held - 1, request, self.passes, number))

    def leave(self, request: int) -> tuple[int, int]:
        """Take a request out; gives the tokens it made, and those it holds."""
        came, held, _ = self.running.pop(request)
        made = self.passes - came
        holds = held + made
        self.contexts -= holds + 1
        if self._channels is not None:
            self._channels.leave(request, holds + 1, self.passes)
        if self._dealt is not None:
            self._dealt.leave(holds + 1, self.passes)
        self.held -= self._horizons.held(holds)
        self.growth -= self._horizons.values[0]
        for number, limit in enumerate(self._horizons.limits):
            self.seen[number] -= min(holds + 1, limit)
            if holds + 1 < limit:
                self.growing[number] -= 1
                self.growth -= self._horizons.values[1 + number]
        return made, holds

    def context(self, mean: float, others: int = 0) -> float:
        """Give what all would look back on for a pass to take as long as it does, others being in it with prompts.

        The fullest channel would be as full as it is, or the part with the longest requests as long.
        """
        if not self.running:
            return mean
        if self._channels is not None:
            return self._channels.context(self.passes)
        return mean if self._dealt is None else self._dealt.context(self.passes, others)

    def sights(self, others: int) -> list[tuple[float, float]] | None:
        """Give what the part with the longest requests sees where requests are dealt out; None where they are not."""
        if self._dealt is None or not self.running:
            return None
        return self._dealt.seen(self.passes, others, self._horizons.limits)

    def pass_on(self, steps: int) -> bool:
        """Let so many passes go by, somebody being in; tells whether some may have all they wanted."""
        self.passes += steps
        self.contexts += len(self.running) * steps
        self.held += self.growth * steps
        if self.seen:
            self._see_on(steps)
        return self._ends[0][0] <= self.passes

    def ended(self) -> Iterator[int]:
        """Give the requests that have all they wanted, which are still in."""
        while self._ends and self._ends[0][0] <= self.passes:
            end = heapq.heappop(self._ends)
            if self._stands(end):
                yield end[1]

    def _see_on(self, steps: int) -> None:
        for number, growing in enumerate(self.growing):
            self.seen[number] += growing * steps
        while self._reached and self._reached[0][0] <= self.passes:
            _, request, came, number = heapq.heappop(self._reached)
            if request in self.running and self.running[request][0] == came:
                self.growing[number] -= 1
                self.growth -= self._horizons.values[1 + number]

    def until_next(self) -> int:
        """Count the passes until a request ends, or no longer sees more in some layers."""
        while not self._stands(self._ends[0]):
            heapq.heappop(self._ends)
        steps = self._ends[0][0] - self.passes
        return min(steps, self._reached[0][0] - self.passes) if self._reached else steps

    def last(self) -> int:
        """Give the request that came last."""
        return next(reversed(self.running))

    def _stands(self, end: tuple[int, int]) -> bool:
        """Whether this is when the request ends, and not when it would have ended had it not been put off."""
        return end[1] in self.running and self.running[end[1]][2] == end[0]
