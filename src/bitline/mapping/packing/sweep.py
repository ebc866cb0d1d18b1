"""Columns for all blocks: an exhaustive search from left to right.

Any arrangement can be pushed to the left until each block begins at column 0 or where another one ends. So blocks are
tried in the order of their first columns, at those places only. A way is given up as soon as the columns already
passed, which no later block can use, are worth less than what the width leaves to waste (`Stacks.prices`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import final

from bitline.mapping.packing.stacks import Stacks
from bitline.mapping.packing.steps import Steps


@final
@dataclass(frozen=True, slots=True)
class Sweep:
    """Ways to give every block its first column within a width."""

    stacks: Stacks
    width: int
    steps: Steps
    order: tuple[int, ...] = field(init=False)
    """Blocks by worth, the dearest first: what is hard to place is tried early."""

    def __post_init__(self) -> None:
        """Sort the blocks."""
        blocks, (prices, _) = self.stacks.blocks, self.stacks.prices
        worth = sorted(range(len(blocks)), key=lambda i: (-prices[i] * blocks[i].columns, -blocks[i].cells, i))
        object.__setattr__(self, "order", tuple(worth))

    def ways(self) -> Iterator[tuple[int, ...]]:
        """Give the first column of each block, way after way; every column by itself holds what stands in it."""
        _, whole = self.stacks.prices
        spare = self.width * whole - sum(
            self.stacks.worth(1 << i) * block.columns for i, block in enumerate(self.stacks.blocks)
        )
        if spare >= 0:
            yield from self._from({}, 0, spare)

    def _from(self, starts: dict[int, int], at: int, spare: int) -> Iterator[tuple[int, ...]]:
        blocks = self.stacks.blocks
        if len(starts) == len(blocks):
            yield tuple(starts[i] for i in range(len(blocks)))
            return
        ends = {i: start + blocks[i].columns for i, start in starts.items()}
        for place in sorted({at, *(end for end in ends.values() if end > at)}):
            left = spare - self._wasted(ends, at, place)
            if left < 0:
                return
            held = sum(1 << i for i, end in ends.items() if end > place)
            tried = set()
            for i in self.order:
                if i in starts or blocks[i] in tried or place + blocks[i].columns > self.width:
                    continue
                if place == at and any(starts[j] == at and self._before(i, j) for j in starts):
                    continue
                tried.add(blocks[i])
                self.steps.take()
                if held | 1 << i in self.stacks.allowed:
                    yield from self._from(starts | {i: place}, place, left)

    def _before(self, i: int, j: int) -> bool:
        """Blocks that begin together are tried in one order only."""
        return self.order.index(i) < self.order.index(j)

    def _wasted(self, ends: dict[int, int], first: int, place: int) -> int:
        """Add up what columns from `first` to `place` could have been worth beyond what stands in them."""
        edges = sorted({first, place, *(end for end in ends.values() if first < end < place)})
        _, whole = self.stacks.prices
        wasted = 0
        for start, end in pairwise(edges):
            held = sum(1 << i for i, last in ends.items() if last > start)
            wasted += (end - start) * (whole - self.stacks.worth(held))
        return wasted
