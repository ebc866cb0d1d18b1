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

from bitline.numerics.wires.network import Wires

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


def nodes_of(wires: Wires, outputs: int, inputs: int) -> Nodes:
    """Find the nodes of an array and connect them."""
    before, after = wires.input_segments_ohm(outputs).numpy(), wires.output_segments_ohm(inputs).numpy()
    from_driver = np.cumsum(before > 0, dtype=np.int64)
    from_sense = np.cumsum(after[::-1] > 0, dtype=np.int64)[::-1]
    above, behind = int(from_driver[-1]), int(from_sense[0])
    free = inputs * above + outputs * behind
    drivers, ground = free + np.arange(inputs), free + inputs

    def upper(step: Indices) -> Indices:
        return np.where(step[:, None] > 0, np.arange(inputs) * above + step[:, None] - 1, drivers)

    def lower(step: Indices) -> Indices:
        line = inputs * above + np.arange(outputs)[:, None] * behind
        return np.where(step > 0, line + step - 1, ground)

    down, along = from_driver[before > 0], from_sense[after > 0]
    edges = [
        (upper(down), upper(down - 1), np.broadcast_to(before[before > 0, None], (above, inputs))),
        (lower(along), lower(along - 1), np.broadcast_to(after[after > 0], (outputs, behind))),
    ]
    if wires.driven_twice and above:
        edges.append((upper(from_driver[-1:]), drivers[None], np.full((1, inputs), wires.input_ohm + wires.source_ohm)))
    if wires.sensed_twice and behind:
        last = lower(from_sense[:1])
        edges.append((last, np.full_like(last, ground), np.full(last.shape, wires.output_ohm + wires.sense_ohm)))
    tails, heads, ohm = (np.concatenate([edge[part].ravel() for edge in edges]) for part in range(3))
    joints = _incidence(tails, heads, ground + 1)
    return Nodes(
        free,
        joints @ csr_array(_diagonal(1.0 / ohm)) @ joints.T,
        _incidence(upper(from_driver).ravel(), lower(from_sense[None]).ravel(), ground + 1),
    )


def _incidence(tails: Indices, heads: Indices, nodes: int) -> Any:
    edges = np.arange(len(tails))
    ones = np.ones(len(tails))
    places = (np.concatenate((tails, heads)), np.concatenate((edges, edges)))
    return csr_array((np.concatenate((ones, -ones)), places), shape=(nodes, len(tails)))


def _diagonal(values: Floats) -> Any:
    places = np.arange(len(values))
    return csr_array((values, (places, places)), shape=(len(values), len(values)))
