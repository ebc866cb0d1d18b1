"""Where a block lies, and what is wrong with an arrangement: the rules, stated once more and checked pair by pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import final

from bitline.mapping.packing.block import Block, Floor


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """The place of one block: its first column, its region, its first row there, its first bias row."""

    block: Block
    column: int
    region: int
    row: int
    """Counted from the region's first."""
    bias_row: int = 0

    @property
    def end_column(self) -> int:
        """The first column behind it."""
        return self.column + self.block.columns


def cells_used(spots: Iterable[Spot]) -> int:
    """Cells taken, bias rows included."""
    return sum(spot.block.cells for spot in spots)


def faults(spots: Iterable[Spot], floor: Floor) -> Iterator[str]:
    """Say in words whatever breaks the rules of `Floor`; nothing if the arrangement is sound."""
    spots = tuple(spots)
    for spot in spots:
        if not _inside(spot, floor):
            yield f"{spot.block.name} is not inside its region"
    for one, other in combinations(spots, 2):
        if not _meet(one.column, one.block.columns, other.column, other.block.columns):
            continue
        if one.region == other.region and _meet(one.row, one.block.rows, other.row, other.block.rows):
            yield f"{one.block.name} and {other.block.name} share cells"
        if _meet(one.bias_row, one.block.bias_rows, other.bias_row, other.block.bias_rows):
            yield f"{one.block.name} and {other.block.name} share bias rows"


def _inside(spot: Spot, floor: Floor) -> bool:
    block = spot.block
    return (
        0 <= spot.region < len(floor.regions)
        and 0 <= spot.column <= floor.columns - block.columns
        and 0 <= spot.row <= floor.regions[spot.region] - block.rows
        and 0 <= spot.bias_row <= floor.bias_rows - block.bias_rows
    )


def _meet(start: int, length: int, other: int, others: int) -> bool:
    return start < other + others and other < start + length and min(length, others) > 0
