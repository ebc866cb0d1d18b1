"""The cells of a matrix behind the wires of their arrays, folded once when they are programmed.

A matrix lies on arrays of `rows` by `columns` cells: the columns of one output stand side by side, digit by digit and
plus before minus, and outputs follow one another from the driver's end. Cells and outputs never wrap from one array
into the next.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.hardware.wires import WireModel
from bitline.numerics.codes.slices import Digit, largest_level
from bitline.numerics.devices import Programmed, off_level
from bitline.numerics.wires import array_wires, effective_levels

_CELLS = 1 << 22
"""Cells folded at a time."""


def wires_of_arrays(arithmetic: Analog) -> WireModel:
    """Give the wires of the described arrays."""
    return arithmetic.array.wires or array_wires(arithmetic.array)


def has_wires(arithmetic: Analog) -> bool:
    """Say whether the wires of the arrays change what cells do."""
    return not wires_of_arrays(arithmetic).ideal


def folds(arithmetic: Analog) -> bool:
    """Say whether what wires do is linear in the inputs: not with curved cells, nor with lines of supply."""
    wires = wires_of_arrays(arithmetic)
    return wires.curve == "linear" and wires.source == "input"


def behind_wires(
    cells: Sequence[Sequence[Programmed]], digits: Sequence[Digit], arithmetic: Analog
) -> list[Programmed]:
    """Give each digit `[n, k]` as its converter sees it, from the cells (one, or plus and minus) that hold it."""
    top = float(largest_level(arithmetic.cell))
    interleaved = wires_of_arrays(arithmetic).bitlines == "interleaved" and digits[0].stands == "pair"
    # In levels of the whole cell, so that digits of unequal bits share one scale of conductance.
    held = torch.stack(
        [
            torch.stack([one.level * (top / digit.top) for one in both])
            for both, digit in zip(cells, digits, strict=True)
        ]
    )
    seen = _folded(held, arithmetic, interleaved=interleaved)
    rest = off_level(arithmetic.cell, arithmetic.cell.bits)
    found = []
    for index, (both, digit) in enumerate(zip(cells, digits, strict=True)):
        level = seen[index, 0] if len(seen[index]) == 1 else seen[index, 0] - seen[index, 1]
        variance = _variance(both, held[index] + rest, seen[index] if interleaved else seen[index] + rest)
        found.append(Programmed(level * (digit.top / top), variance))
    return found


def _folded(held: Tensor, arithmetic: Analog, *, interleaved: bool) -> Tensor:
    """Fold cells `[digits, polarities, n, k]` into what is sensed; of interleaved pairs, `[digits, 1, n, k]`."""
    digits, polarities, n, k = held.shape
    array = arithmetic.array
    width = digits if interleaved else digits * polarities
    together = max(1, array.columns // width)
    out = held.new_empty((digits, 1 if interleaved else polarities, n, k))
    for row in range(0, k, array.rows):
        rows = slice(row, min(row + array.rows, k))
        step = together * max(1, _CELLS // (together * width * array.rows))
        for first in range(0, n - n % together, step):
            last = min(first + step, n - n % together)
            out[:, :, first:last, rows] = _arrays(held[:, :, first:last, rows], together, arithmetic, interleaved)
        if n % together:
            first = n - n % together
            out[:, :, first:, rows] = _arrays(held[:, :, first:, rows], n - first, arithmetic, interleaved)
    return out


def _arrays(held: Tensor, together: int, arithmetic: Analog, interleaved: bool) -> Tensor:
    """Fold whole arrays of `together` outputs each: `[digits, polarities, n, rows]`, like `_folded`."""
    digits, polarities, n, rows = held.shape
    cut = held.reshape(digits, polarities, n // together, together, rows)
    active = arithmetic.array.active_rows
    cell, wires = arithmetic.cell, wires_of_arrays(arithmetic)
    if interleaved:
        levels = cut.permute(1, 2, 4, 3, 0).reshape(2, n // together, rows, together * digits)
        seen = effective_levels(levels, wires=wires, cell=cell, active_rows=active)
        return seen.view(n // together, rows, together, digits).permute(3, 0, 2, 1).reshape(digits, 1, n, rows)
    levels = cut.permute(2, 4, 3, 0, 1).reshape(n // together, rows, together * digits * polarities)
    seen = effective_levels(levels, wires=wires, cell=cell, active_rows=active)
    parts = seen.view(n // together, rows, together, digits, polarities)
    return parts.permute(3, 4, 0, 2, 1).reshape(digits, polarities, n, rows)


def _variance(both: Sequence[Programmed], held: Tensor, seen: Tensor) -> Tensor | None:
    """Weaken the noise of cells as their own current is; of interleaved pairs, as those of an output are on average.

    `held [polarities, n, k]` and `seen` (of interleaved pairs, one difference) are in levels from no conductance.
    """
    if all(one.variance is None for one in both):
        return None
    if len(seen) < len(held):
        before = (held[0] - held[1]).abs().sum(dim=-1, keepdim=True)
        shares = [seen[0].abs().sum(dim=-1, keepdim=True) / before.clamp(min=1e-6)] * len(both)
    else:
        shares = [after / before.clamp(min=1e-6) for before, after in zip(held, seen, strict=True)]
    parts = [share.square() * one.variance for share, one in zip(shares, both, strict=True) if one.variance is not None]
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]
