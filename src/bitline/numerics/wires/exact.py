"""The exact effective conductances of arrays of linear cells with resistive wires.

With linear cells the sensed currents are a linear map of the driver voltages. Its matrix comes from joining
rectangles of cells along their edges, two equal ones at a time, until one spans the array: about n**3 operations for
n by n cells, all of them dense products and solves that run over every rectangle of every array at once.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bitline.numerics.wires.network import Wires
from bitline.numerics.wires.ports import Tiles, below, beside, single_cells

_SEEDS = (1, 3, 5, 7)
"""Cells that are joined one by one before doubling starts: sizes in between are filled up with cells of no
conductance on wires of no resistance, at most a quarter of them."""
_CELLS_AT_ONCE = 1 << 16
"""Bounds the memory in use, at about one kilobyte for each; more at once leave the caches and take longer."""


def effective_conductance(cells_siemens: Tensor, wires: Wires) -> Tensor:
    """Fold the wires into cells `[..., outputs, inputs]`: G_eff in the same shape, float64, with I = G_eff V.

    Raises `ConfigError` if a conductance is negative or not finite.
    """
    paths = wires.paths_siemens(cells_siemens)
    if wires.ideal:
        return paths
    return folded(paths, wires, wires.output_segments_ohm(paths.shape[-1]))


def folded(paths_siemens: Tensor, wires: Wires, after_ohm: Tensor) -> Tensor:
    """Fold with the resistance `after_ohm` `[inputs]` that follows each crossing of an output line."""
    outputs, inputs = paths_siemens.shape[-2:]
    before_ohm = wires.input_segments_ohm(outputs).to(paths_siemens.device)
    after_ohm = after_ohm.to(paths_siemens.device)
    arrays = paths_siemens.reshape(-1, outputs, inputs)
    at_once = max(1, _CELLS_AT_ONCE // (outputs * inputs))
    parts = [
        _connected(_spanning(part, before_ohm, after_ohm), wires)[:, :outputs, :inputs]
        for part in torch.split(arrays, at_once)
    ]
    return torch.cat(parts).reshape(paths_siemens.shape)


def _spanning(paths_siemens: Tensor, before_ohm: Tensor, after_ohm: Tensor) -> Tiles:
    """Join the cells of `[arrays, outputs, inputs]` into one rectangle per array."""
    outputs, inputs = paths_siemens.shape[-2:]
    down, across = _seed(outputs), _seed(inputs)
    more = (_filled(inputs, across) - inputs, _filled(outputs, down) - outputs)
    paths = torch.nn.functional.pad(paths_siemens, (0, more[0], 0, more[1]))
    before = torch.nn.functional.pad(before_ohm, (0, more[1]))
    after = torch.nn.functional.pad(after_ohm, (0, more[0]))
    tiles = _rows_joined(_columns_joined(single_cells(paths, before, after), across), down)
    while tiles.matrix.shape[1] * tiles.matrix.shape[2] > 1:
        widen = tiles.matrix.shape[2] > 1 and (tiles.width <= tiles.height or tiles.matrix.shape[1] == 1)
        tiles = _columns_joined(tiles, 2) if widen else _rows_joined(tiles, 2)
    return tiles


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


def _connected(tiles: Tiles, wires: Wires) -> Tensor:
    """Drive the top, sense at the right; connect or leave open the other two edges. Gives `[arrays, h, w]`.

    A far driver adds I_bottom with V_bottom - V_top = r I_bottom; a far sense node adds I_left with V_left = -r I_left.
    """
    width, height = tiles.width, tiles.height
    matrix = tiles.matrix[:, 0, 0]
    top, bottom = slice(0, width), slice(width, 2 * width)
    right, left = slice(2 * width, 2 * width + height), slice(2 * width + height, 2 * width + 2 * height)
    far_source_ohm, far_sense_ohm = wires.input_ohm + wires.source_ohm, wires.output_ohm + wires.sense_ohm
    # Behind wires of no resistance a second end changes nothing: the first one holds the same node.
    ends = ([bottom] if wires.driven_twice and far_source_ohm else []) + (
        [left] if wires.sensed_twice and far_sense_ohm else []
    )
    sensed = matrix[:, right, top]
    if not ends:
        return sensed
    ports = [port for end in ends for port in range(end.start, end.stop)]
    system = -matrix[:, ports, :][..., ports]
    cause = matrix[:, ports, top].clone()
    toward = matrix[:, right, :][..., ports].clone()
    if bottom in ends:
        system.diagonal(dim1=-2, dim2=-1)[:, :width] += far_source_ohm
        cause.diagonal(dim1=-2, dim2=-1)[:, :width] -= 1.0
    if left in ends:
        system.diagonal(dim1=-2, dim2=-1)[:, -height:] -= far_sense_ohm
        toward.diagonal(offset=len(ports) - height, dim1=-2, dim2=-1).sub_(1.0)
    found: Tensor = sensed + toward @ torch.linalg.solve(system, cause)
    return found
