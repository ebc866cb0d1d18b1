"""Levels of programmed cells as the converters will see them through the wires of their arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.errors import missing, wrong_type
from bitline.hardware import Array, Cell
from bitline.hardware.wires import WireModel
from bitline.numerics.wires.folding import CELLS_AT_ONCE, effective_conductance, interleaved_conductance
from bitline.numerics.wires.network import wires_of


def array_wires(array: Array) -> WireModel:
    """Give the wires of an array described by one resistance for both lines, with ideal ends."""
    return WireModel(wordline_ohm=array.wire_resistance_ohm, bitline_ohm=array.wire_resistance_ohm)


@final
@dataclass(frozen=True, slots=True)
class Scale:
    """Conductance of levels: level l is `rest_siemens + l * step_siemens`, never below 0."""

    rest_siemens: float
    step_siemens: float

    def siemens(self, levels: Tensor) -> Tensor:
        """Give conductances in new storage, same shape; float32 stays, anything else becomes float64."""
        wide = levels.to(torch.float32 if levels.dtype == torch.float32 else torch.float64)
        return wide.mul(self.step_siemens).add_(self.rest_siemens).clamp_(min=0.0)


def scale_of(cell: Cell) -> Scale:
    """Give the conductance of a cell's levels; raises `ConfigError` if it has no `g_max_siemens`."""
    if cell.g_max_siemens is None:
        raise missing("cell.g_max_siemens", "the conductance of the highest level, as wires have resistance")
    rest = cell.g_max_siemens / cell.on_off_ratio if cell.on_off_ratio else 0.0
    return Scale(rest, (cell.g_max_siemens - rest) / (2**cell.bits - 1))


def effective_levels(levels: Tensor, *, wires: WireModel, cell: Cell, active_rows: int | None = None) -> Tensor:
    """Give what levels `[..., rows, columns]` of physical cells become behind resistive wires, same shape and dtype.

    Every leading index is an array of its own, so a matrix is cut into arrays before. Columns come in the order of the
    wordline, which is driven before column 0; rows in that of the bitline, sensed after the last row. Rows that an
    array does not use are those furthest from the sense amplifier, columns those furthest from the driver. Level l is
    the conductance g_min + l (g_max - g_min) / (2**bits - 1), never below 0. In comes and out goes l without the g_min
    that an ideal reference takes off: for input voltages v the sensed current is (g_min sum(v) + v @ out * step), with
    step = (g_max - g_min) / (2**bits - 1), so out may be negative.

    Differential pairs: with `bitlines: separate` the cells of either sign are levels of arrays of their own (a leading
    index) or columns of the same array, whichever way the chip has them, and the caller subtracts. With `interleaved`
    levels are `[2, ..., rows, columns]`, positive cells first; the answer is their difference `[..., rows, columns]`.

    `active_rows`: groups of that many successive rows are driven in turns while the cells of all others are open. Their
    bitlines then pass the other rows' pitches without a load.
    Raises `ConfigError` if the cell has no `g_max_siemens` though wires are resistive, and for arrays that do not
    fold: curved cells and separate source lines; `settled_sums` has them.
    """
    interleaved = wires.bitlines == "interleaved"
    if interleaved and (levels.ndim < 3 or levels.shape[0] != 2):
        raise wrong_type("levels", tuple(levels.shape), "a shape [2, ..., rows, columns], as bitlines are interleaved")
    for field, foldable in (("curve", "linear"), ("source", "input")):
        if getattr(wires, field) != foldable:
            raise wrong_type(f"wires.{field}", getattr(wires, field), "one whose wires fold into levels", near=foldable)
    if wires.ideal:
        return levels[0] - levels[1] if interleaved else levels
    scale, rows = scale_of(cell), levels.shape[-2]
    kinds = levels.reshape(2 if interleaved else 1, -1, *levels.shape[-2:])
    folded = torch.empty_like(kinds[0])
    at_once = max(1, CELLS_AT_ONCE // folded[0].numel())
    for some in (slice(first, first + at_once) for first in range(0, len(folded), at_once)):
        for start in range(0, rows, active_rows or rows):
            stop = min(start + (active_rows or rows), rows)
            made = _behind_wires(kinds[:, some, start:stop], wires, scale, start, rows - stop)
            folded[some, start:stop] = made
    return folded.reshape(levels.shape[1:] if interleaved else levels.shape)


def _behind_wires(levels: Tensor, wires: WireModel, scale: Scale, ahead: int, behind: int) -> Tensor:
    """Fold rows `[kinds, arrays, rows, columns]` that are driven together."""
    cells, lines = scale.siemens(levels).mT, wires_of(wires)
    if wires.bitlines == "interleaved":
        made = interleaved_conductance(cells[0], cells[1], lines, wires.method, ahead=ahead, behind=behind)
        return made.mT.div_(scale.step_siemens)
    made = effective_conductance(cells[0], lines, wires.method, ahead=ahead, behind=behind)
    return made.mT.sub(scale.rest_siemens).div_(scale.step_siemens)
