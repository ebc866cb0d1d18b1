"""Sensed currents of arrays whose cells are not linear, with a bound on what the iteration left over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.sparse.linalg import splu

from bitline.errors import not_settled, outside, wrong_type
from bitline.numerics.wires.curves import Curve, Floats
from bitline.numerics.wires.network import Wires
from bitline.numerics.wires.nodal import nodes_of


@final
@dataclass(frozen=True, slots=True)
class Settled:
    """What an iteration arrived at."""

    current_a: Floats
    """Sensed currents `[batch, outputs]`."""
    steps: int
    error_bound_a: float
    """No sensed current is further than this from the exact one (rounding aside)."""


def settle(
    curve: Curve, volts: Floats, wires: Wires, *, tolerance_fraction: float = 1e-6, most_steps: int = 100
) -> Settled:
    """Find the currents for driver voltages `[batch, inputs]`.

    Newton's method with the slopes of half the largest voltage, factorised once for all vectors. Where cells only
    ever conduct better at more voltage, the unbalanced currents left at the nodes bound the error: they can do no more
    than leave through the ends, and once more by being counted as cell current. Steps end when that bound is
    `tolerance_fraction` of the largest ideal current.

    Raises `ConfigError` for cells whose current falls somewhere as voltage rises, for a transistor in series (put
    it in the curve), or for shapes that disagree; `BitlineError` if `most_steps` do not suffice.
    """
    _refuse(curve, volts, wires)
    outputs, inputs = curve.siemens.shape
    nodes = nodes_of(wires, outputs, inputs)
    place = slice(0, nodes.free)
    voltage = np.zeros((nodes.segments.shape[0], len(volts)))
    voltage[nodes.free : nodes.free + inputs] = volts.T
    slopes = curve.slope_siemens(np.asarray(0.5 * np.abs(volts).max(initial=0.0)))
    solver = splu(nodes.conductances(slopes).tocsc()[place, place]) if nodes.free else None
    goal = tolerance_fraction * float(np.abs(curve.current_a(volts[:, None, :]).sum(-1)).max(initial=0.0))
    bound = np.inf
    for step in range(most_steps + 1):
        cells = curve.current_a((nodes.crossings.T @ voltage).T.reshape(-1, outputs, inputs))
        left_over = (nodes.segments @ voltage + nodes.crossings @ cells.reshape(len(volts), -1).T)[place]
        bound = 2.0 * float(np.abs(left_over).sum(0).max(initial=0.0))
        if bound <= goal or solver is None:
            return Settled(cells.sum(-1), step, bound)
        if not np.isfinite(bound):
            break
        voltage[place] -= solver.solve(left_over)
    raise not_settled("the currents of the array", bound, goal, "A", most_steps)


def _refuse(curve: Curve, volts: Floats, wires: Wires) -> None:
    if volts.ndim != 2 or volts.shape[1] != curve.siemens.shape[-1]:
        raise wrong_type("volts", volts.shape, f"a shape [batch, {curve.siemens.shape[-1]}]")
    if not np.isfinite(volts).all():
        raise wrong_type("volts", float("nan"), "finite everywhere")
    if wires.access_ohm:
        raise outside("wires.access_ohm", wires.access_ohm, 0.0, 0.0, "ohm", where="cells with a curve")
    # No node leaves the range of the drivers and 0 V, so no cell sees more than its width.
    width = float(max(volts.max(initial=0.0), 0.0) - min(volts.min(initial=0.0), 0.0))
    slope = curve.least_slope_siemens(width)
    if not slope >= 0.0:
        raise outside("the least slope of the cells", slope, 0.0, np.inf, "S", where=f"up to {width:g} V")
