"""Area, energy and delay of logic from node to node, after Stillmaker and Baas, Integration 58 (2017).

Their area table as in the hwcomponents library [stated]. Their polynomials in the supply voltage, of energy (a V^2 +
b V + c) and of delay (a third power more), for high performance (HP) and for low power (LP) transistors: those that
hwcomponents holds [stated], the others from UCLA NanoCAD's nodeScale [second-hand]. hwcomponents mixes the two
families (LP at 45 and 32 nm, HP from 20 nm on); here a family is never mixed: HP is used, LP marks the spread. Each
polynomial is read at the nominal supply of its node only, as it was fitted around it; supplies act by laws of their
own in `technology`.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Family = Literal["HP", "LP"]
Row = tuple[float, ...]
NODES_NM = (7.0, 10.0, 14.0, 16.0, 20.0, 32.0, 45.0, 65.0, 90.0, 130.0)
SUPPLIES_NM = (3.0, 5.0, 7.0, 10.0, 14.0, 16.0, 20.0, 22.0, 28.0, 32.0, 45.0, 65.0, 90.0, 130.0)
SUPPLIES_V = (0.7, 0.7, 0.7, 0.75, 0.8, 0.8, 0.85, 0.85, 0.9, 0.9, 1.0, 1.1, 1.2, 1.3)
"""Nominal supplies of NeuroSim V1.5 [stated]; 20 and 28 nm lie between their neighbours [assumption]."""
AREA_OF_7_NM = (1.0, 1.7, 2.9, 3.2, 3.6, 7.8, 17.0, 25.0, 48.0, 110.0)
"""Area at each node over that at 7 nm: the one row of the published table that is rounded least."""
BULK_ENERGY: tuple[Row, ...] = ((3.755, -4.398, 1.975), (4.762, -4.781, 2.092), (7.171, -6.709, 2.904))
ENERGY: dict[Family, tuple[Row, ...]] = {
    "HP": (
        (0.1776, -0.09097, 0.02447),
        (0.2068, -0.09311, 0.02375),
        (0.2363, -0.09675, 0.02239),
        (0.2958, -0.1241, 0.03024),
        (0.373, -0.1582, 0.04104),
        (0.8367, -0.4341, 0.1701),
        (1.018, -0.3107, 0.1539),
        *BULK_ENERGY,
    ),
    "LP": (
        (0.09365, -0.03409, 0.02043),
        (0.1261, -0.0518, 0.02769),
        (0.1556, -0.06472, 0.03066),
        (0.2139, -0.1187, 0.05639),
        (0.2632, -0.14, 0.06841),
        (0.9559, -0.7823, 0.471),
        (1.103, -0.362, 0.2767),
        *BULK_ENERGY,
    ),
}
DELAY_NODES_NM = (7.0, 10.0, 14.0, 32.0, 45.0, 65.0, 90.0, 130.0)
"""Without 16 and 20 nm, whose polynomials are of lower degree and come out slower than 32 nm."""
BULK_DELAY: tuple[Row, ...] = (
    (-53.3, 230.4, -333.9, 178.6),
    (-60.34, 262.5, -384.2, 210.9),
    (-76.65, 334.9, -493.4, 275.8),
)
DELAY: dict[Family, tuple[Row, ...]] = {
    "HP": (
        (-28.58, 76.6, -70.26, 24.69),
        (-34.95, 93.65, -85.99, 30.4),
        (-40.66, 109.2, -100.6, 35.92),
        (-1047.0, 2982.0, -2797.0, 873.5),
        (-501.6, 1567.0, -1619.0, 566.1),
        *BULK_DELAY,
    ),
    "LP": (
        (-61.79, 196.1, -210.3, 79.55),
        (-71.76, 228.6, -246.3, 93.91),
        (-85.37, 271.6, -292.2, 111.4),
        (-325.9, 1374.0, -1922.0, 913.2),
        (-285.7, 1239.0, -1795.0, 898.8),
        *BULK_DELAY,
    ),
}


def nominal_v(node_nm: float) -> float:
    """Supply voltage usual at a node, on a straight line between the tabulated ones."""
    return np.interp(node_nm, SUPPLIES_NM, SUPPLIES_V)


def log_energy(node_nm: float, family: Family = "HP") -> float:
    """Logarithm of the energy of logic at a node and its nominal supply; only differences of it mean anything.

    Straight lines on logarithmic axes between nodes; below 7 nm, where the table ends, with the square root of the
    node (hwcomponents' rule [stated]). 65 nm and above are one family.
    """
    return _joined(node_nm, LOG_NODES, LOG_ENERGIES[family])


def energy(node_nm: float, family: Family = "HP") -> float:
    """Energy of logic at a node and its nominal supply; only ratios of it mean anything."""
    whole: float = np.exp(log_energy(node_nm, family))
    return whole


def delay(node_nm: float, family: Family = "HP") -> float:
    """Delay of a gate with four of its kind behind it at a node and its nominal supply, ratios as in `energy`.

    Gates of low power are five times slower than those of the one family from 65 nm on: there LP takes the steps of
    HP. Below 7 nm with the square root of the node: foundries announce some 15 % a node [recalled].
    """
    whole: float = np.exp(_joined(node_nm, LOG_DELAY_NODES, LOG_DELAYS[family]))
    return whole


def area(node_nm: float) -> float:
    """Area of logic at a node over that at 7 nm; below, in proportion to the node (hwcomponents' rule [stated])."""
    inside = np.exp(np.interp(np.log(node_nm), LOG_NODES, LOG_AREAS))
    whole: float = inside * np.minimum(1.0, node_nm / NODES_NM[0])
    return whole


def _joined(node_nm: float, log_nodes: NDArray[Any], logarithms: NDArray[Any]) -> float:
    place = np.log(node_nm)
    whole: float = np.interp(place, log_nodes, logarithms) + 0.5 * np.minimum(0.0, place - log_nodes[0])
    return whole


def _at_nominal(rows: tuple[Row, ...], nodes_nm: Row) -> NDArray[Any]:
    return np.array([np.polyval(row, nominal_v(node)) for node, row in zip(nodes_nm, rows, strict=True)])


def _stepping_alike(delays: NDArray[Any], steps: NDArray[Any]) -> NDArray[Any]:
    bulk = DELAY_NODES_NM.index(65.0)
    return np.concatenate([delays[:bulk], steps[bulk:] * delays[bulk - 1] / steps[bulk - 1]])


LOG_NODES, LOG_DELAY_NODES, LOG_AREAS = np.log(NODES_NM), np.log(DELAY_NODES_NM), np.log(AREA_OF_7_NM)
LOG_ENERGIES = {family: np.log(_at_nominal(rows, NODES_NM)) for family, rows in ENERGY.items()}
DELAYS = {family: _at_nominal(rows, DELAY_NODES_NM) for family, rows in DELAY.items()}
DELAYS["LP"] = _stepping_alike(DELAYS["LP"], DELAYS["HP"])
LOG_DELAYS = {family: np.log(delays) for family, delays in DELAYS.items()}
