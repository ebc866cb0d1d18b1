"""What use does to cells, as counters: writes that are left, and levels that reading has moved."""

from __future__ import annotations

from torch import Tensor

from bitline.hardware import Cell


def worn_fraction(cell: Cell, writes: float) -> float:
    """Give the share of a cell's endurance that so many writes have used up; 0 if it never wears."""
    return 0.0 if cell.endurance_writes is None else writes / cell.endurance_writes


def writes_left(cell: Cell, writes: float) -> float:
    """Give how often a cell can be written yet; infinite if it never wears."""
    return float("inf") if cell.endurance_writes is None else max(0.0, cell.endurance_writes - writes)


def disturbed(level: Tensor, bits: int, cell: Cell, reads: float) -> Tensor:
    """Give the levels of a slice of `bits` bits after so many reads since programming: a shift in proportion.

    It ends at the top or the lowest level, where there is nothing left to move.
    """
    if cell.read_disturb is None:
        return level
    top = float((1 << bits) - 1)
    shift = min(1.0, reads / cell.read_disturb.reads * cell.read_disturb.shift_fraction) * top
    if cell.read_disturb.towards == "on":
        return level.add(shift).minimum(level.clamp(min=top))
    return level.sub(shift).maximum(level.clamp(max=0.0))
