"""Where requests are dealt to devices or take turns in parts, a pass takes as long as the part with the longest."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias, final

from bitline.hardware.chip import Chip
from bitline.mapping.devices import parts_of
from bitline.operators import Workload

Deal: TypeAlias = Callable[[int], float]
"""By requests of a pass: into how many parts they are dealt."""
NO_REST = 1e-9


@final
class Dealt:
    """What running requests look back on, in order."""

    def __init__(self, deal: Deal) -> None:
        self._deal = deal
        self._known: dict[int, float] = {}
        self._contexts: list[int] = []
        """Shortest first, less a token for each pass gone by."""

    def join(self, context: int, passes: int) -> None:
        """Take a request in whose next token looks back on a context, itself included, so many passes having gone."""
        insort(self._contexts, context - passes)

    def leave(self, context: int, passes: int) -> None:
        """Take a request out that has come to a context."""
        del self._contexts[bisect_left(self._contexts, context - passes)]

    def context(self, passes: int, others: int) -> float:
        """Give the mean of the part with the longest, others being in the pass that make no token."""
        part = self._longest(others)
        return sum(part) / len(part) + passes

    def seen(self, passes: int, others: int, limits: Sequence[int]) -> list[tuple[float, float]]:
        """Give for each limit what that part sees of no more than that, and what a step adds to it, as means."""
        part = [context + passes for context in self._longest(others)]
        return [
            (sum(min(one, limit) for one in part) / len(part), sum(one < limit for one in part) / len(part))
            for limit in limits
        ]

    def _longest(self, others: int) -> list[int]:
        many = len(self._contexts)
        parts = self._known.get(many + others)
        if parts is None:
            parts = self._known[many + others] = self._deal(many + others)
        if isinstance(parts, int):
            return self._contexts[::-parts]
        return [self._contexts[many - 1 - int(place * parts)] for place in range(math.ceil(many / parts - NO_REST))]


def deal(chip: Chip) -> Deal | None:
    """Say how a chip deals requests; None where all go together."""
    parted = chip.schedule.policy == "sub_batch" or chip.devices.pipeline > 1 or chip.devices.expert > 1
    return partial(_parts, chip) if parted else None


def _parts(chip: Chip, requests: int) -> float:
    found = parts_of(Workload(name="", blocks=(), tokens=1, batch=requests, context=1), chip)
    return found.passes * found.dealt
