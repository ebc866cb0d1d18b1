"""Sensed currents of arrays whose cells are not linear, with a bound on what the iteration left over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.sparse.linalg import splu

from bitline.errors import not_settled, outside, wrong_type
from bitline.numerics.wires.curves import Curve, Floats, InSeries
from bitline.numerics.wires.network import Wires
from bitline.numerics.wires.nodal import Nodes, nodes_of, supplied_nodes_of


@final
@dataclass(frozen=True, slots=True)
class Settled:
    """What an iteration arrived at."""

    current_a: Floats
    """Sensed currents `[batch, outputs]`."""
    steps: int
    error_bound_a: float
    """No sensed current is further than this from the exact one (rounding aside)."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """When an iteration ends."""

    tolerance_fraction: float = 1e-6
    """Error bound of a vector as a share of the largest current that ideal wires would give it."""
    most_steps: int = 100
    slopes_at_v: float | None = None
    """Where the slopes of the steps are taken; at half the largest voltage of all vectors if not given."""


def settle(
    curve: Curve,
    volts: Floats,
    wires: Wires,
    until: Until | None = None,
    *,
    ahead: int = 0,
    behind: int = 0,
    interleaved: bool = False,
) -> Settled:
    """Find the currents for driver voltages `[batch, inputs]`.

    Newton's method with the slopes of half the largest voltage, factorised once for all vectors. Where cells only
    ever conduct better at more voltage, the unbalanced currents left at the nodes bound the error: they can do no more
    than leave through the ends, and once more by being counted as cell current.

    `ahead` and `behind` count open rows as in `effective_conductance`. If `interleaved`, input lines 2 j and 2 j + 1 of
    the curve are driven at +volts[j] and -volts[j] and meet each output line at one node.
    Raises `ConfigError` for cells whose current falls somewhere as voltage rises, or for shapes that disagree;
    `BitlineError` if the steps do not suffice.
    """
    outputs, crossings = curve.cells_siemens.shape
    inputs = crossings // 2 if interleaved else crossings
    _refuse_shape("volts", volts, inputs)
    driven = np.stack((volts, -volts), axis=-1).reshape(len(volts), -1) if interleaved else volts
    curve, until = _settling(curve, driven, wires), until or Until()
    lines = wires.lines(outputs, inputs, ahead=ahead, behind=behind, interleaved=interleaved)
    half_v = 0.5 * float(np.abs(driven).max(initial=0.0)) if until.slopes_at_v is None else until.slopes_at_v
    iteration = _Iteration(nodes_of(lines, outputs, crossings), curve.slope_siemens(np.asarray(half_v)), until)
    return _together([iteration.run(curve.current_a, vector) for vector in driven], outputs)


def settle_gated(
    curve: Curve, gates: Floats, wires: Wires, until: Until | None = None, *, supply_v: float = 1.0
) -> Settled:
    """Find the currents of arrays fed by supply lines beside the output lines, cells opened where `gates` are 0.

    Otherwise as `settle`; `gates` `[batch, inputs]` in 0..1 multiply the current of the cells, and each vector
    is factorised for itself. See `separate.py` for linear cells.
    """
    outputs, inputs = curve.cells_siemens.shape
    _refuse_shape("gates", gates, inputs)
    if not ((gates >= 0) & (gates <= 1)).all():
        raise outside("gates", float(gates.max() if gates.max() > 1 else gates.min()), 0.0, 1.0, "")
    curve = _settling(curve, np.full((1, 1), supply_v), wires)
    nodes = supplied_nodes_of(wires.lines(inputs, inputs), outputs)
    slopes = curve.slope_siemens(np.asarray(0.5 * supply_v))
    found = []
    for gate in gates:
        iteration = _Iteration(nodes, slopes * gate, until or Until())
        found.append(iteration.run(_gated(curve, gate), np.full(inputs, supply_v)))
    return _together(found, outputs)


def _gated(curve: Curve, gate: Floats) -> Callable[[Floats], Floats]:
    return lambda volts: gate * curve.current_a(volts)


@final
class _Iteration:
    """Steps with one factorised matrix of slopes."""

    def __init__(self, nodes: Nodes, slopes_siemens: Floats, until: Until) -> None:
        self._nodes, self._shape, self._until = nodes, slopes_siemens.shape, until
        self._place = slice(0, nodes.free)
        matrix = nodes.conductances(slopes_siemens).tocsc()
        self._solver = splu(matrix[self._place, self._place]) if nodes.free else None

    def run(self, current_a: Callable[[Floats], Floats], driven_v: Floats) -> Settled:
        """Step from 0 V until the currents of one vector balance, for what drives each input `[inputs]`."""
        nodes, place = self._nodes, self._place
        voltage = np.zeros(nodes.segments.shape[0])
        # A supply drives all inputs alike.
        voltage[nodes.free : -1] = driven_v[: len(voltage) - 1 - nodes.free]
        goal = self._until.tolerance_fraction * float(np.abs(current_a(driven_v).sum(-1)).max())
        bound = np.inf
        for step in range(self._until.most_steps + 1):
            cells = current_a((nodes.crossings.T @ voltage).reshape(self._shape))
            left_over = (nodes.segments @ voltage + nodes.crossings @ cells.ravel())[place]
            bound = 2.0 * float(np.abs(left_over).sum())
            if bound <= goal or self._solver is None:
                return Settled(cells.sum(-1)[None], step, bound)
            if not np.isfinite(bound):
                break
            voltage[place] -= self._solver.solve(left_over)
        raise not_settled("the currents of the array", bound, goal, "A", self._until.most_steps)


def _together(found: list[Settled], outputs: int) -> Settled:
    """Put vectors together; each has settled for itself, so that none depends on those beside it."""
    currents = [one.current_a for one in found]
    return Settled(
        np.concatenate([np.zeros((0, outputs)), *currents]),
        max((one.steps for one in found), default=0),
        max((one.error_bound_a for one in found), default=0.0),
    )


def _settling(curve: Curve, driven_v: Floats, wires: Wires) -> Curve:
    """Give the cells with their transistors; refuse what need not settle."""
    if not np.isfinite(driven_v).all():
        raise wrong_type("volts", float("nan"), "finite everywhere")
    # No node leaves the range of the drivers and 0 V, so no cell sees more than its width.
    width = float(max(driven_v.max(initial=0.0), 0.0) - min(driven_v.min(initial=0.0), 0.0))
    slope = curve.least_slope_siemens(width)
    if not slope >= 0.0:
        raise outside("the least slope of the cells", slope, 0.0, np.inf, "S", where=f"up to {width:g} V")
    return InSeries(inner=curve, ohm=wires.access_ohm) if wires.access_ohm else curve


def _refuse_shape(name: str, given: Floats, inputs: int) -> None:
    if given.ndim != 2 or given.shape[1] != inputs:
        raise wrong_type(name, given.shape, f"a shape [batch, {inputs}]")
