"""The nodes of an array and Kirchhoff's current law on them as sparse matrices.

For cells whose current is not linear, and as a plain second way to the linear case. Crossings that no resistance
separates are one node; those that nothing separates from a driver or sense node have its voltage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor

from bitline.numerics.wires.lines import Lines

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of one array: first those whose voltage is to be found, then one per driver, then 0 V."""

    free: int
    """How many have a voltage to be found."""
    segments: Any
    """Conductance matrix of the wires, sparse `[nodes, nodes]`, siemens."""
    crossings: Any
    """Incidence of cells, sparse `[nodes, outputs * inputs]`: 1 where a cell leaves its input line, -1 where it
    enters its output line."""

    def conductances(self, cells_siemens: Floats) -> Any:
        """Give the sparse conductance matrix `[nodes, nodes]` with cells `[outputs, inputs]`."""
        return self.segments + self.crossings @ csr_array(_diagonal(cells_siemens.ravel())) @ self.crossings.T


def nodes_of(lines: Lines, outputs: int, inputs: int) -> Nodes:
    """Find the nodes of an array whose input lines carry the current, and connect them."""
    before, after = lines.before_ohm[:, 0].numpy(), lines.after_ohm.numpy()
    from_driver, from_sense = _steps(before), _steps(after[::-1])[::-1]
    above, behind = int(from_driver[-1]), int(from_sense[0])
    free = inputs * above + outputs * behind
    drivers, ground = free + np.arange(inputs), free + inputs

    def upper(step: Indices) -> Indices:
        return np.where(step[:, None] > 0, np.arange(inputs) * above + step[:, None] - 1, drivers)

    def lower(step: Indices) -> Indices:
        line = inputs * above + np.arange(outputs)[:, None] * behind
        return np.where(step > 0, line + step - 1, ground)

    edges = [
        _edges(upper(from_driver[before > 0]), upper(from_driver[before > 0] - 1), before[before > 0, None]),
        _edges(lower(from_sense[after > 0]), lower(from_sense[after > 0] - 1), after[after > 0]),
        *_second(upper(from_driver[-1:]), drivers[None], lines.far_source_ohm),
        *_second(lower(from_sense[:1]), np.full((outputs, 1), ground), lines.far_sense_ohm),
    ]
    return _connected(free, ground, edges, upper(from_driver), lower(from_sense[None]))


def supplied_nodes_of(lines: Lines, outputs: int) -> Nodes:
    """Find the nodes of an array with a supply line beside each output line, and connect them; one driver feeds all.

    `lines.before_ohm` then stands before each input along the supply lines.
    """
    before, after = lines.before_ohm[:, 0].numpy(), lines.after_ohm.numpy()
    from_driver, from_sense = _steps(before), _steps(after[::-1])[::-1]
    above, behind = int(from_driver[-1]), int(from_sense[0])
    free, line = outputs * (above + behind), np.arange(outputs)[:, None]
    driver, ground = free, free + 1

    def upper(step: Indices) -> Indices:
        return np.where(step > 0, line * above + step - 1, driver)

    def lower(step: Indices) -> Indices:
        return np.where(step > 0, outputs * above + line * behind + step - 1, ground)

    edges = [
        _edges(upper(from_driver[before > 0]), upper(from_driver[before > 0] - 1), before[before > 0]),
        _edges(lower(from_sense[after > 0]), lower(from_sense[after > 0] - 1), after[after > 0]),
        *_second(upper(from_driver[-1:]), np.full((outputs, 1), driver), lines.far_source_ohm),
        *_second(lower(from_sense[:1]), np.full((outputs, 1), ground), lines.far_sense_ohm),
    ]
    return _connected(free, ground, edges, upper(from_driver), lower(from_sense))


def _steps(ohm: Floats) -> Indices:
    """Count the segments with resistance up to each crossing."""
    return np.cumsum(ohm > 0, dtype=np.int64)


def _edges(tails: Indices, heads: Indices, ohm: Floats) -> tuple[Indices, Indices, Floats]:
    return tails.ravel(), heads.ravel(), np.broadcast_to(ohm, tails.shape).ravel()


def _second(tails: Indices, heads: Indices, far_ohm: Tensor | None) -> list[tuple[Indices, Indices, Floats]]:
    return [] if far_ohm is None else [_edges(tails, heads, far_ohm.numpy())]


def _connected(
    free: int, ground: int, edges: list[tuple[Indices, Indices, Floats]], upper: Indices, lower: Indices
) -> Nodes:
    tails, heads = (np.concatenate([edge[part] for edge in edges]) for part in range(2))
    joints = _incidence(tails, heads, ground + 1)
    siemens = 1.0 / np.concatenate([edge[2] for edge in edges])
    crossings = _incidence(upper.ravel(), lower.ravel(), ground + 1)
    return Nodes(free, joints @ csr_array(_diagonal(siemens)) @ joints.T, crossings)


def _incidence(tails: Indices, heads: Indices, nodes: int) -> Any:
    edges = np.arange(len(tails))
    ones = np.ones(len(tails))
    places = (np.concatenate((tails, heads)), np.concatenate((edges, edges)))
    return csr_array((np.concatenate((ones, -ones)), places), shape=(nodes, len(tails)))


def _diagonal(values: Floats) -> Any:
    places = np.arange(len(values))
    return csr_array((values, (places, places)), shape=(len(values), len(values)))
