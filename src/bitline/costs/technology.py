"""Scaling between technology nodes, and how far the ways of scaling lie apart.

Sources: Stillmaker and Baas, Integration 58 (2017), as tabulated in the hwcomponents library [stated]; the
energy anchors at 45 nm (Horowitz, ISSCC 2014) and 7 nm (Jouppi et al., ISCA 2021) [second-hand]; supply
voltages of NeuroSim V1.5 [stated].
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bitline.errors import outside
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

SMALLEST_NM, LARGEST_NM = 3.0, 130.0
NODES_NM = (7.0, 10.0, 14.0, 16.0, 20.0, 32.0, 45.0, 65.0, 90.0, 130.0)
POWER = (  # P(V) = a V^2 + b V + c per node, as NODES_NM
    (0.1776, 0.2068, 0.2363, 0.2958, 0.373, 0.9559, 1.103, 3.755, 4.762, 7.171),
    (-0.09097, -0.09311, -0.09675, -0.1241, -0.1582, -0.7823, -0.362, -4.398, -4.781, -6.709),
    (0.02447, 0.02375, 0.02239, 0.03024, 0.04104, 0.471, 0.2767, 1.975, 2.092, 2.904),
)
AREA_OF_7_NM = (1.0, 1.7, 2.9, 3.2, 3.6, 7.8, 17.0, 25.0, 48.0, 110.0)
"""Area at each node over that at 7 nm: the one row of the published table that is rounded least."""
SUPPLIES_NM = (3.0, 5.0, 7.0, 10.0, 14.0, 16.0, 20.0, 22.0, 28.0, 32.0, 45.0, 65.0, 90.0, 130.0)
SUPPLIES_V = (0.7, 0.7, 0.7, 0.75, 0.8, 0.8, 0.85, 0.85, 0.9, 0.9, 1.0, 1.1, 1.2, 1.3)
EXPONENTS = (0.56, 0.67, 0.78)
"""Energy goes with node to this power between the 45 and 7 nm anchors: multiplication, middle, addition."""
KNOWN_SCALES = 1024
"""Scales kept, as the parts of a chip ask for the same few and a sweep over chips asks again."""


def checked_node_nm(node_nm: float) -> float:
    """Give the node back if the models reach it; ConfigError otherwise."""
    if not SMALLEST_NM <= node_nm <= LARGEST_NM:
        raise outside("technology.node_nm", node_nm, SMALLEST_NM, LARGEST_NM, "nm")
    return node_nm


@lru_cache(maxsize=KNOWN_SCALES)
def nominal_supply_v(node_nm: float) -> float:
    """Supply voltage usual at a node, interpolated between the tabulated ones."""
    return float(np.interp(checked_node_nm(node_nm), SUPPLIES_NM, SUPPLIES_V))


def supply_v(technology: Technology) -> float:
    """Stated supply of the chip, or the nominal one of its node."""
    return technology.supply_v or nominal_supply_v(technology.node_nm)


@lru_cache(maxsize=KNOWN_SCALES)
def energy_scale(from_nm: float, technology: Technology) -> Figure:
    """Energy of logic at the chip's node and supply over that at `from_nm` and its nominal supply.

    Between neighbouring nodes: Stillmaker and Baas. From a factor of two in node on: their polynomials down to
    45 nm and the power law between the anchors below it, because the polynomials come out 5 to 7 times too low
    at 7 nm. On the way one fades into the other, so that a sweep over nodes has no jumps. The envelope spans
    both ways and both anchors. A supply other than nominal counts with its square.
    """
    to_nm = checked_node_nm(technology.node_nm)
    voltage = (supply_v(technology) / nominal_supply_v(to_nm)) ** 2
    polynomial = voltage * _power(to_nm) / _power(checked_node_nm(from_nm))
    if from_nm == to_nm:
        return Figure(voltage, "same node; energy goes with the square of the supply")
    anchored = [voltage * _by_anchors(to_nm, e) / _by_anchors(from_nm, e) for e in EXPONENTS]
    octaves = min(1.0, abs(float(np.log2(to_nm / from_nm))))
    typical = polynomial ** (1.0 - octaves) * anchored[1] ** octaves
    ways = {"Stillmaker-Baas [stated]": octaves < 1, "anchors of Horowitz and Jouppi [second-hand]": octaves > 0.1}
    way = ", ".join(name for name, used in ways.items() if used)
    every = (polynomial, *anchored)
    return Figure(typical, f"{from_nm:g} to {to_nm:g} nm: {way}", "modelled", min(every), max(every))


@lru_cache(maxsize=KNOWN_SCALES)
def area_scale(from_nm: float, to_nm: float) -> Figure:
    """Area of logic at one node over that at another; linear in node below 7 nm, where the table ends."""
    ratio = _area(checked_node_nm(to_nm)) / _area(checked_node_nm(from_nm))
    return Figure(ratio, f"{from_nm:g} to {to_nm:g} nm: Stillmaker-Baas [stated]")


def latency_scale(from_nm: float, to_nm: float) -> float:
    """Gate delay goes with the node (hwcomponents' rule [stated])."""
    return checked_node_nm(to_nm) / checked_node_nm(from_nm)


def scaled_energy(value_j: float, from_nm: float, technology: Technology, source: str) -> Figure:
    """Bring an energy published at `from_nm` to the chip's node, with the envelope of the scaling."""
    scale = energy_scale(from_nm, technology)
    return scale.times(value_j, f"{source}; {scale.source}")


def scaled_area(value_m2: float, from_nm: float, technology: Technology, source: str) -> Figure:
    """Bring an area published at `from_nm` to the chip's node."""
    scale = area_scale(from_nm, technology.node_nm)
    return scale.times(value_m2, f"{source}; {scale.source}")


def power_law(first: tuple[float, float], second: tuple[float, float], at: float) -> float:
    """Read off the straight line through two points on logarithmic axes, beyond them too."""
    (x0, y0), (x1, y1) = first, second
    return float(y0 * (at / x0) ** (np.log(y1 / y0) / np.log(x1 / x0)))


def joined(source: str, *figures: Figure) -> Figure:
    """Add figures up, envelopes too; the weakest origin among those that count wins."""
    counting = [figure for figure in figures if figure.typical > 0] or list(figures)
    ranks = ("stated", "modelled", "assumed", "ideal")
    return Figure(
        sum(figure.typical for figure in figures),
        source,
        max((figure.origin for figure in counting), key=ranks.index),
        sum(figure.typical if figure.low is None else figure.low for figure in figures),
        sum(figure.typical if figure.high is None else figure.high for figure in figures),
    )


@lru_cache(maxsize=KNOWN_SCALES)
def _power(node_nm: float) -> float:
    a, b, c = (float(np.interp(node_nm, NODES_NM, column)) for column in POWER)
    v = nominal_supply_v(max(node_nm, NODES_NM[0]))
    # The published table ends at 7 nm; below it hwcomponents goes with the square root of the node.
    return float((a * v * v + b * v + c) * min(1.0, node_nm / NODES_NM[0]) ** 0.5)


def _by_anchors(node_nm: float, exponent: float) -> float:
    if node_nm > 45.0:
        return _power(node_nm) / _power(45.0)
    return float((node_nm / 45.0) ** exponent)


def _area(node_nm: float) -> float:
    inside = float(np.exp(np.interp(np.log(node_nm), np.log(NODES_NM), np.log(AREA_OF_7_NM))))
    return inside * min(1.0, node_nm / NODES_NM[0])
