"""What cells hold when programming is over: the target, its shift with age, and the error of the cell.

Errors that change with age belong here too: a cell keeps its place in the distribution while that widens.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.hardware import Cell
from bitline.hardware.law import argument_share, law_at, value_share
from bitline.hardware.table import DeviceTable, curves_around
from bitline.hardware.write_verify import least_share
from bitline.numerics.chance import Key
from bitline.numerics.devices.deviation import deviations, strays
from bitline.numerics.devices.draw import Draw
from bitline.numerics.devices.laws import interpolated, law_values
from bitline.numerics.devices.tails import cut, verified
from bitline.numerics.devices.window import Window


def written(level: Tensor, window: Window, draw: Draw, which: Key, seconds: float) -> Tensor:
    """Give the conductance of cells meant for `level`, float32 in levels counted from no conductance."""
    cell = window.cell
    mean = window.by_state(level, lambda share: mean_shares(cell, share, seconds)).mul_(window.full)
    if not (strays(cell.programming_noise) or cell.table):
        return mean
    error = draw(which)
    sigma = window.by_state(level, lambda share: sigma_shares(cell, share, seconds)).mul_(window.full)
    return sigma.mul_(_shaped(error, sigma, window)).add_(mean).clamp_(min=0.0)


def mean_shares(cell: Cell, target: Tensor, seconds: float) -> Tensor:
    """Give the mean share of g_max, at an age, of cells meant for `target`."""
    if cell.table is not None:
        return _tabulated(cell.table, target, seconds)[0]
    if cell.drift is None or cell.drift.shift is None:
        return target
    law = law_at(cell.drift.shift, seconds)
    values = law_values(law, target / argument_share(law, cell.g_max_siemens))
    worth = value_share(law, cell.g_max_siemens)
    return (target + values * (target if worth is None else worth)).clamp_(min=0.0)


def sigma_shares(cell: Cell, target: Tensor, seconds: float) -> Tensor:
    """Give the standard deviation, as a share of g_max, that programming leaves around `target`."""
    if cell.table is not None:
        return _tabulated(cell.table, target, seconds)[1]
    if cell.programming_noise is None:
        return torch.zeros_like(target)
    mean = mean_shares(cell, target, seconds)
    return deviations(cell.programming_noise, cell, mean, mean, seconds)


def _shaped(error: Tensor, sigma: Tensor, window: Window) -> Tensor:
    cell = window.cell
    if cell.programming_noise is None or cell.table is not None:
        return error
    if cell.write is None or cell.write.tolerance_fraction is None:
        return cut(error, cell.programming_noise)
    tolerance = cell.write.tolerance_fraction * (1.0 - least_share(cell)) * window.full
    return verified(error, tolerance / sigma.clamp(min=1e-30), cell.write.most_pulses)


def _tabulated(table: DeviceTable, target: Tensor, seconds: float) -> tuple[Tensor, Tensor]:
    before, after, share = curves_around(table, seconds)
    corners = [(curve.state, values) for curve in (before, after) for values in (curve.mean, curve.spread)]
    mean, spread, later_mean, later_spread = (interpolated(state, values, target) for state, values in corners)
    return torch.lerp(mean, later_mean, share), torch.lerp(spread, later_spread, share)
