"""Rectangles of cells seen from their edges, and how two neighbours become one.

A rectangle of `h` outputs by `w` inputs has four edges: top and bottom cut its input lines, right and left its
output lines. Its hybrid matrix H gives what it answers to what is imposed on it,

    (I_top, V_bottom, I_right, V_left) = H (V_top, I_bottom, V_right, I_left),

currents flowing downwards and to the right. Resistance enters only as a factor, never as a divisor, so that ideal
wires need no special case, open ends (no current) and ends at 0 V are columns left out, and nothing cancels when
wires conduct far better than cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor


@final
@dataclass(frozen=True, slots=True)
class Tiles:
    """Equal rectangles that cover arrays."""

    matrix: Tensor
    """`[arrays, down, across, ports, ports]`; ports: top, bottom (`width` each), right, left (`height` each)."""
    height: int
    width: int


def single_cells(paths_siemens: Tensor, before_ohm: Tensor, after_ohm: Tensor) -> Tiles:
    """See every cell of `[arrays, outputs, inputs]` as a rectangle, with the segment above it and the one right of it.

    The cell's current is a common factor times (V_top - r_in I_bottom - V_right - r_out I_left).
    """
    above = before_ohm.expand(paths_siemens.shape)
    behind = after_ohm.expand(paths_siemens.shape)
    one = torch.ones_like(paths_siemens)
    cause = torch.stack((one, -above, -one, -behind), dim=-1)
    effect = torch.stack((one, -above, one, behind), dim=-1)
    factor = paths_siemens / (1.0 + paths_siemens * (above + behind))
    matrix = (effect * factor[..., None])[..., :, None] * cause[..., None, :]
    matrix[..., 0, 1] += 1.0
    matrix[..., 1, 0] += 1.0
    matrix[..., 1, 1] -= above
    matrix[..., 2, 3] += 1.0
    matrix[..., 3, 2] += 1.0
    matrix[..., 3, 3] += behind
    return Tiles(matrix, 1, 1)


def join(giver: Tensor, taker: Tensor, given: slice, taken: slice) -> Tensor:
    """Connect the edge `given` of one rectangle to the edge `taken` of another.

    The giver answers with voltages V to currents I there, the taker with currents to voltages:
    V = a + A I and I = b + B V, hence (1 - A B) V = a + A b. The result lists the giver's other ports first.
    """
    to_given, to_taken = giver[..., given, :], taker[..., taken, :]
    impedance, admittance = to_given[..., given], to_taken[..., taken]
    b = _without(to_taken, taken, -1)
    a = _without(to_given, given, -1)
    volts = _solved(impedance, admittance, torch.cat((a, impedance @ b), dim=-1))
    amperes = admittance @ volts
    others = a.shape[-1]
    amperes[..., others:] += b
    rest_g, rest_t = _without(giver, given, -2), _without(taker, taken, -2)
    upper = rest_g[..., given] @ amperes
    upper[..., :others] += _without(rest_g, given, -1)
    lower = rest_t[..., taken] @ volts
    lower[..., others:] += _without(rest_t, taken, -1)
    return torch.cat((upper, lower), dim=-2)


def _solved(impedance: Tensor, admittance: Tensor, right: Tensor) -> Tensor:
    system = -(impedance @ admittance)
    system.diagonal(dim1=-2, dim2=-1).add_(1.0)
    if system.shape[-1] == 1:
        return right / system
    solved: Tensor = torch.linalg.solve(system, right)
    return solved


def _without(matrix: Tensor, edge: slice, axis: int) -> Tensor:
    """Leave out one edge along an axis."""
    parts = (matrix.narrow(axis, 0, edge.start), matrix.narrow(axis, edge.stop, matrix.shape[axis] - edge.stop))
    return torch.cat(parts, dim=axis) if edge.start else parts[1]


def below(upper: Tiles, lower: Tiles) -> Tiles:
    """Join rectangles whose input lines go on from `upper` into `lower`."""
    width, high, low = upper.width, upper.height, lower.height
    matrix = join(upper.matrix, lower.matrix, slice(width, 2 * width), slice(0, width))
    # Come: top, right, left of the upper one, bottom, right, left of the lower one.
    order = (0, 3, 1, 4, 2, 5)
    return Tiles(_in_order(matrix, (width, high, high, width, low, low), order), high + low, width)


def beside(left: Tiles, right: Tiles) -> Tiles:
    """Join rectangles whose output lines go on from `left` into `right`."""
    height, first, second = left.height, left.width, right.width
    facing = slice(2 * second + height, 2 * second + 2 * height)
    matrix = join(right.matrix, left.matrix, facing, slice(2 * first, 2 * first + height))
    # Come: top, bottom, right of the right one, top, bottom, left of the left one.
    order = (3, 0, 4, 1, 2, 5)
    return Tiles(_in_order(matrix, (second, second, height, first, first, height), order), height, first + second)


def _in_order(matrix: Tensor, edges: tuple[int, ...], order: tuple[int, ...]) -> Tensor:
    for axis in (-2, -1):
        parts = torch.split_with_sizes(matrix, list(edges), dim=axis)
        matrix = torch.cat([parts[place] for place in order], dim=axis)
    return matrix
