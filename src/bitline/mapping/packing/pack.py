"""All blocks on one array in as few columns as possible, with a proof; or the proof that they do not fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, final

from bitline.errors import outside
from bitline.mapping.packing.block import Block, Floor, refuse_wrong
from bitline.mapping.packing.levels import Levels, meeting
from bitline.mapping.packing.spot import Spot, cells_used
from bitline.mapping.packing.stacks import Stacks
from bitline.mapping.packing.steps import OutOfStepsError, Steps
from bitline.mapping.packing.sweep import Sweep

MOST_BLOCKS = 16
"""Sets of blocks are listed, and their number doubles with every block."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """What came of it."""

    floor: Floor
    verdict: Literal["optimal", "fits", "impossible", "unknown"]
    """Fewest columns proven; an arrangement, but perhaps not the narrowest; proven that there is none; neither found
    nor excluded within the steps allowed."""
    spots: tuple[Spot, ...] = ()
    """In the order of the blocks; empty unless they fit."""
    fewest_columns: int
    """No arrangement has fewer: by the search if that went through, else by the covering bound."""
    steps: int
    """Places that were tried."""

    @property
    def fits(self) -> bool:
        """An arrangement was found."""
        return bool(self.spots)

    @property
    def columns_used(self) -> int:
        """Columns from the first to the last in use."""
        return max((spot.end_column for spot in self.spots), default=0)

    @property
    def used_fraction(self) -> float:
        """Share of all cells that are taken, bias rows on either side included."""
        return cells_used(self.spots) / self.floor.cells


def pack(blocks: Iterable[Block], floor: Floor, *, most_steps: int = 1_000_000) -> Packing:
    """Place blocks on one array in the fewest columns.

    Exact: columns are searched exhaustively from left to right, and for each way to give them out, rows and bias rows
    are. Raises ConfigError for a block that is larger than the array by itself, and for more than 16 blocks.
    """
    blocks = tuple(blocks)
    refuse_wrong(blocks, floor)
    if len(blocks) > MOST_BLOCKS:
        raise outside("blocks", len(blocks), 1, MOST_BLOCKS, "")
    stacks, steps = Stacks(blocks, floor), Steps(most_steps)
    spots: tuple[Spot, ...] = ()
    width, least = floor.columns, stacks.fewest_columns
    through = True
    while width >= least:
        try:
            found = _within(width, stacks, steps)
        except OutOfStepsError:
            through = False
            break
        if not found:
            least = width + 1
            break
        spots = found
        width = max(spot.end_column for spot in spots) - 1
    verdict: Literal["optimal", "fits", "impossible", "unknown"]
    verdict = ("optimal" if spots else "impossible") if through else ("fits" if spots else "unknown")
    return Packing(
        floor=floor, verdict=verdict, spots=spots, fewest_columns=least, steps=most_steps - max(steps.left, 0)
    )


def _within(width: int, stacks: Stacks, steps: Steps) -> tuple[Spot, ...]:
    """Find an arrangement of at most so many columns; nothing if there is none."""
    blocks, floor = stacks.blocks, stacks.floor
    for columns in Sweep(stacks, width, steps).ways():
        meets = meeting(blocks, columns)
        bias = Levels([block.bias_rows for block in blocks], meets, (floor.bias_rows,), steps).found()
        rows = bias and Levels([block.rows for block in blocks], meets, floor.regions, steps).found()
        if bias and rows:
            return tuple(
                Spot(block=block, column=column, region=region, row=row, bias_row=bias_row)
                for block, column, (region, row), (_, bias_row) in zip(blocks, columns, rows, bias, strict=True)
            )
    return ()
