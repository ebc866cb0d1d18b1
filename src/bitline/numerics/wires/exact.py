"""The exact effective conductances of arrays of linear cells with resistive wires.

With linear cells the sensed currents are a linear map of the driver voltages. Its matrix comes from joining
rectangles of cells along their edges, two equal ones at a time, until one spans the array: about n**3 operations for
n by n cells, all of them dense products and solves that run over every rectangle of every array at once.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bitline.numerics.wires.lines import Lines
from bitline.numerics.wires.ports import Tiles, below, beside, single_cells

_SEEDS = (1, 3, 5, 7)
"""Cells that are joined one by one before doubling starts: sizes in between are filled up with cells of no
conductance on wires of no resistance, at most a quarter of them."""
_CELLS_AT_ONCE = 1 << 16
"""Bounds the memory in use, at about one kilobyte for each; more at once leave the caches and take longer."""


def joined(paths_siemens: Tensor, lines: Lines) -> Tensor:
    """Fold lines into cells `[arrays, outputs, inputs]`: G_eff in the same shape, float64, with I = G_eff V."""
    outputs, inputs = paths_siemens.shape[-2:]
    at_once = max(1, _CELLS_AT_ONCE // (outputs * inputs))
    parts = []
    for start in range(0, len(paths_siemens), at_once):
        some = slice(start, start + at_once)
        parts.append(_fold(paths_siemens[some].to(torch.float64), lines.of_arrays(some, paths_siemens.device)))
    return torch.cat(parts)


def _fold(paths_siemens: Tensor, lines: Lines) -> Tensor:
    """Join the cells of every array into one rectangle, then connect its edges."""
    outputs, inputs = paths_siemens.shape[-2:]
    down, across = _seed(outputs), _seed(inputs)
    more = (_filled(outputs, down) - outputs, _filled(inputs, across) - inputs)
    paths = torch.nn.functional.pad(paths_siemens, (0, more[1], 0, more[0]))
    lines = lines.with_loose_ends(*more)
    tiles = single_cells(paths, lines.before_ohm, lines.after_ohm)
    tiles = _rows_joined(_columns_joined(tiles, across), down)
    while tiles.matrix.shape[1] * tiles.matrix.shape[2] > 1:
        widen = tiles.matrix.shape[2] > 1 and (tiles.width <= tiles.height or tiles.matrix.shape[1] == 1)
        tiles = _columns_joined(tiles, 2) if widen else _rows_joined(tiles, 2)
    return _connected(tiles, lines)[:, :outputs, :inputs]


def _columns_joined(tiles: Tiles, count: int) -> Tiles:
    parts = [Tiles(tiles.matrix[:, :, place::count], tiles.height, tiles.width) for place in range(count)]
    whole = parts[0]
    for part in parts[1:]:
        whole = beside(whole, part)
    return whole


def _rows_joined(tiles: Tiles, count: int) -> Tiles:
    parts = [Tiles(tiles.matrix[:, place::count], tiles.height, tiles.width) for place in range(count)]
    whole = parts[0]
    for part in parts[1:]:
        whole = below(whole, part)
    return whole


def _seed(cells: int) -> int:
    return min(_SEEDS, key=lambda seed: _filled(cells, seed))


def _filled(cells: int, seed: int) -> int:
    return int(seed * 2 ** max(0, math.ceil(math.log2(cells / seed))))


def _connected(tiles: Tiles, lines: Lines) -> Tensor:
    """Drive the top, sense at the right; connect or leave open the other two edges. Gives `[arrays, h, w]`.

    A far driver adds I_bottom with V_bottom - V_top = r I_bottom; a far sense node adds I_left with V_left = -r I_left.
    """
    width, height = tiles.width, tiles.height
    matrix = tiles.matrix[:, 0, 0]
    top, right = slice(0, width), slice(2 * width, 2 * width + height)
    bottom = list(range(width, 2 * width)) if lines.far_source_ohm is not None else []
    left = list(range(2 * width + height, 2 * width + 2 * height)) if lines.far_sense_ohm is not None else []
    ports = bottom + left
    sensed = matrix[:, right, top]
    if not ports:
        return sensed
    system = -matrix[:, ports, :][..., ports]
    cause = matrix[:, ports, top].clone()
    toward = matrix[:, right, :][..., ports].clone()
    if lines.far_source_ohm is not None:
        system.diagonal(dim1=-2, dim2=-1)[:, :width] += lines.far_source_ohm
        cause.diagonal(dim1=-2, dim2=-1)[:, :width] -= 1.0
    if lines.far_sense_ohm is not None:
        system.diagonal(dim1=-2, dim2=-1)[:, -height:] -= lines.far_sense_ohm
        toward.diagonal(offset=len(ports) - height, dim1=-2, dim2=-1).sub_(1.0)
    found: Tensor = sensed + toward @ torch.linalg.solve(system, cause)
    return found
