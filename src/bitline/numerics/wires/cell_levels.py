"""Levels of programmed cells as the converters will see them through the wires of their arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from bitline.errors import missing, not_one_of
from bitline.hardware import Array, Cell
from bitline.numerics.wires.coarse import coarse_conductance
from bitline.numerics.wires.exact import effective_conductance
from bitline.numerics.wires.ladder import ladder_conductance
from bitline.numerics.wires.network import Wires

METHODS: dict[str, Callable[[Tensor, Wires], Tensor]] = {
    "exact": effective_conductance,
    "coarse": coarse_conductance,
    "ladder": ladder_conductance,
}


def array_wires(array: Array) -> Wires:
    """Give the wires of a described array: one resistance for both lines, ideal ends."""
    return Wires(input_ohm=array.wire_resistance_ohm, output_ohm=array.wire_resistance_ohm)


def effective_levels(
    levels: Tensor,
    *,
    array: Array,
    cell: Cell,
    wires: Wires | None = None,
    method: Literal["exact", "coarse", "ladder"] = "exact",
) -> Tensor:
    """Give what levels `[..., k, n]` of physical cells become behind resistive wires, same shape and dtype.

    Rows (input lines, driven before column 0) come first, columns (output lines, sensed after row k - 1) second; each
    leading index is an array of its own, so a matrix is cut into arrays before. Level l is the conductance
    g_min + l (g_max - g_min) / (2**bits - 1), never below 0. In comes and out goes l without the g_min that an ideal
    reference takes off: for input voltages v the sensed current is (g_min sum(v) + v @ out * step), with step =
    (g_max - g_min) / (2**bits - 1), so out may be negative. Cells of a differential pair on separate columns are two
    columns here; the caller subtracts. Rows left out (partial activation) change the wires' load: fold each
    group of rows on its own with the other rows open.

    `wires` overrides those of `array`. `coarse` and `ladder` are faster and approximate; `coarse.py` states by
    how much.
    Raises `ConfigError` if the cell has no `g_max_siemens` though wires are resistive, or for an unknown method.
    """
    if method not in METHODS:
        raise not_one_of("method", method, METHODS)
    wires = array_wires(array) if wires is None else wires
    if wires.ideal and not wires.access_ohm:
        return levels
    if cell.g_max_siemens is None:
        raise missing("cell.g_max_siemens", "the conductance of the highest level, as wires have resistance")
    rest = cell.g_max_siemens / cell.on_off_ratio if cell.on_off_ratio else 0.0
    step = (cell.g_max_siemens - rest) / (2**cell.bits - 1)
    siemens = levels.to(torch.float64).mul(step).add_(rest).clamp_(min=0.0)
    folded: Tensor = METHODS[method](siemens.transpose(-1, -2), wires).transpose(-1, -2)
    found: Tensor = (folded - rest) / step
    return found.to(levels.dtype)
