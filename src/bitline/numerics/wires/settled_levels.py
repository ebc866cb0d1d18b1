"""Sums that arrays sense where wires cannot be folded into their cells: for each input vector anew."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bitline.errors import missing, wrong_type
from bitline.hardware import Cell
from bitline.hardware.wires import WireModel
from bitline.numerics.wires.cell_levels import scale_of
from bitline.numerics.wires.curves import Curve, Floats, HyperbolicSine, hafnium_oxide, ohmic
from bitline.numerics.wires.network import wires_of
from bitline.numerics.wires.nonlinear import Until, settle, settle_gated
from bitline.numerics.wires.separate import separate_source_current


def settled_sums(
    levels: Tensor, inputs: Tensor, *, wires: WireModel, cell: Cell, ahead: int = 0, behind: int = 0
) -> Tensor:
    """Give what one array of levels `[rows, columns]` makes of inputs `[batch, rows]`: `[batch, columns]`, float64.

    Inputs are shares of `cell.read_voltage_v`, -1..1 (0..1 where they open cells, `source: separate`). The answer is
    the sensed current in units of one level at the full read voltage, less the g_min that an ideal reference takes
    off: near `inputs @ levels` for small wires and straight cells. Interleaved pairs are levels `[2, rows, columns]`.
    `ahead` and `behind` count the open rows around those given. About as many sparse solves as vectors.
    Raises `ConfigError` as `effective_levels`, and where the cell has no `read_voltage_v` though its current is curved.
    """
    scale, lines = scale_of(cell), wires_of(wires)
    full_v = cell.read_voltage_v or (1.0 if wires.curve == "linear" else None)
    if full_v is None:
        raise missing("cell.read_voltage_v", "the voltage of a full input, as cells are not linear")
    interleaved = wires.bitlines == "interleaved"
    if levels.ndim != 2 + interleaved:
        wanted = "[2, rows, columns]" if interleaved else "[rows, columns]"
        raise wrong_type("levels", tuple(levels.shape), f"a shape {wanted}")
    shares = inputs.to(torch.float64)
    if wires.source == "separate":
        if interleaved or ahead or behind:
            raise wrong_type("wires.source", "separate", "input, as bitlines are interleaved or other rows open")
        current = _gated(scale.siemens(levels.to(torch.float64)).mT, shares, wires, full_v)
    else:
        cells = scale.siemens(levels.to(torch.float64)).mT.numpy()
        if interleaved:
            cells = np.stack((cells[0], cells[1]), axis=-1).reshape(cells.shape[1], -1)
        volts = shares.numpy() * full_v
        until = Until(slopes_at_v=0.5 * full_v)
        settled = settle(_curve(cells, wires), volts, lines, until, ahead=ahead, behind=behind, interleaved=interleaved)
        current = torch.from_numpy(settled.current_a)
    sums = current / (full_v * scale.step_siemens)
    return sums if interleaved else sums - shares.sum(1, keepdim=True) * (scale.rest_siemens / scale.step_siemens)


def _gated(cells_siemens: Tensor, gates: Tensor, wires: WireModel, supply_v: float) -> Tensor:
    if wires.curve == "linear":
        return separate_source_current(cells_siemens, gates, wires_of(wires), supply_v)
    curve = _curve(cells_siemens.numpy(), wires)
    settled = settle_gated(curve, gates.numpy(), wires_of(wires), supply_v=supply_v)
    return torch.from_numpy(settled.current_a)


def _curve(cells_siemens: Floats, wires: WireModel) -> Curve:
    """Give the cells their curve; a law of its own means one more line here."""
    if wires.curve == "linear":
        return ohmic(cells_siemens)
    if wires.curve == "hafnium_oxide":
        return hafnium_oxide(cells_siemens)
    if wires.sinh_v is None:
        raise missing("wires.sinh_v", "a voltage, as `curve` is sinh")
    return HyperbolicSine(siemens=cells_siemens, bend_v=wires.sinh_v)
