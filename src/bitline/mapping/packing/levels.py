"""Rows for blocks whose columns are decided: those that share a column lie above each other.

Any arrangement can be pushed down until each block lies on the floor of its region or on a block below it. So blocks
are tried in the order of their rows, at those places only, and nothing is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

from bitline.mapping.packing.block import Block
from bitline.mapping.packing.steps import Steps

Level: TypeAlias = tuple[int, int]
"""A region, and a row in it."""


@final
@dataclass(frozen=True, slots=True)
class Levels:
    """Blocks of so many rows each, in decided columns."""

    lengths: Sequence[int]
    meets: Sequence[Sequence[bool]]
    """Whether two blocks share a column."""
    regions: Sequence[int]
    steps: Steps

    def found(self) -> tuple[Level, ...] | None:
        """Find a region and a first row for each block; None if there is no way."""
        return self._above({}, ((0, 0), -1))

    def _above(self, done: dict[int, Level], last: tuple[Level, int]) -> tuple[Level, ...] | None:
        if len(done) == len(self.lengths):
            return tuple(done[i] for i in range(len(self.lengths)))
        for i in range(len(self.lengths)):
            if i in done:
                continue
            below = [(done[j], self.lengths[j]) for j in done if self.meets[i][j]]
            for start in self._starts(below):
                # Blocks on one level come in one order only.
                if (start, i) > last and self._free(start, self.lengths[i], below):
                    self.steps.take()
                    found = self._above(done | {i: start}, (start, i))
                    if found is not None:
                        return found
        return None

    def _starts(self, below: list[tuple[Level, int]]) -> list[Level]:
        floors = {(region, 0) for region in range(len(self.regions))}
        return sorted(floors | {(region, row + length) for (region, row), length in below})

    def _free(self, start: Level, length: int, below: list[tuple[Level, int]]) -> bool:
        region, row = start
        if row + length > self.regions[region]:
            return False
        return not any(at == region and first + deep > row and length for (at, first), deep in below)


def meeting(blocks: Sequence[Block], columns: Sequence[int]) -> tuple[tuple[bool, ...], ...]:
    """Say of each two blocks whether they share a column, given the first column of each."""
    ends = [column + block.columns for block, column in zip(blocks, columns, strict=True)]
    spans = list(zip(columns, ends, strict=True))
    return tuple(tuple(first < end and start < last for start, end in spans) for first, last in spans)
