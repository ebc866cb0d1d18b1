"""Cells that are stuck, whatever is written to them; conductances in levels counted from no conductance."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import torch
from torch import Tensor

from bitline.hardware import Cell
from bitline.hardware.faults import Faults, YieldMap
from bitline.numerics.chance import Key, number
from bitline.numerics.devices.draw import Draw
from bitline.numerics.devices.window import Window


def fails(faults: Faults | None) -> bool:
    """Say whether any cell is stuck."""
    return faults is not None and bool(faults.stuck_on_fraction or faults.stuck_off_fraction or faults.map)


def with_faults(now: Tensor, window: Window, draw: Draw, which: Key, first: int = 0) -> Tensor:
    """Put stuck cells `[..., n, k]` where they are stuck; `now` is changed in place and begins at output `first`."""
    faults = window.cell.faults
    if faults is None:
        return now
    if faults.stuck_on_fraction or faults.stuck_off_fraction:
        z = draw((*which, "fault"))
        now.masked_fill_(z < _quantile(faults.stuck_off_fraction), window.off)
        now.masked_fill_(z > -_quantile(faults.stuck_on_fraction), window.full)
    if faults.map is not None:
        state = _mapped(faults.map, now.shape[-2], now.shape[-1], first + number(("column", *which))).to(now.device)
        now.copy_(torch.where(state.isnan(), now, window.off + state * window.top))
    return now


def seen_from(cell: Cell, row: int) -> Cell:
    """Give the cell whose map of stuck ones begins at this row: of a piece of a matrix that begins at that input."""
    if cell.faults is None or cell.faults.map is None or row % cell.faults.map.rows == 0:
        return cell
    stuck = cell.faults.map
    turned = replace(stuck, row=tuple((one - row) % stuck.rows for one in stuck.row))
    return replace(cell, faults=replace(cell.faults, map=turned))


def _mapped(stuck: YieldMap, n: int, k: int, shift: int) -> Tensor:
    """Give the state `[n, k]` of each cell that the map names, NaN elsewhere; input k lies on row k."""
    columns = (torch.arange(n) + shift % stuck.columns) % stuck.columns
    return _grid(stuck)[columns][:, torch.arange(k) % stuck.rows]


@lru_cache(maxsize=8)
def _grid(stuck: YieldMap) -> Tensor:
    grid = torch.full((stuck.columns, stuck.rows), math.nan)
    grid[list(stuck.column), list(stuck.row)] = torch.tensor(stuck.state, dtype=torch.float32)
    return grid


def _quantile(fraction: float) -> float:
    return float(torch.special.ndtri(torch.tensor(fraction, dtype=torch.float64)))
