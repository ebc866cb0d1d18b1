"""Scaling energy, area and delay between technology nodes and supplies, and how far the ways of scaling lie apart.

Energy: Stillmaker and Baas between neighbours, from a factor of two in node on the anchors at 45 nm (Horowitz, ISSCC
2014) and 7 nm (Jouppi et al., ISCA 2021) [second-hand], because the polynomials come out 5 to 7 times too low at 7 nm;
with the square of the supply. Area and delay: Stillmaker and Baas. Delay goes with the supply by the alpha-power law.
The envelope always spans the ways.

Numbers are floats, or arrays of a sweep that broadcast; results are what the arguments are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

import numpy as np

from bitline.costs import stillmaker
from bitline.errors import outside
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

SMALLEST_NM, LARGEST_NM = 3.0, 130.0
LOWEST_V = 0.35
"""Near the thresholds: below, gates are slower by orders and no source here reaches (lowest macro surveyed: 0.41 V)."""
HIGHEST_OVER_NOMINAL = 1.6
"""Above, thin oxides do not last; the highest of the macros surveyed is 1.5 times nominal."""
EXPONENTS = (0.56, 0.67, 0.78)
"""Energy goes with node to this power between the 45 and 7 nm anchors: multiplication, middle, addition."""
ALPHA = 1.3
"""Of the alpha-power law of a short channel (Sakurai and Newton, JSSC 1990 [recalled])."""
THRESHOLDS_V = (0.25, 0.35, 0.45)
"""Fast, usual and slow gates [assumption]; they bracket the polynomials of delay where these hold."""
SUBTHRESHOLD_V = 0.047
"""Below the threshold current goes with exp of voltage over this / alpha: 1.4 kT/q at 300 K [recalled]."""
KNOWN_SCALES = 1024
"""Scales kept, as the parts of a chip ask for the same few and a sweep over chips asks again."""
F = TypeVar("F", bound=Callable[..., Any])


def remembered(function: F) -> F:
    """Keep what a function gave for plain numbers; arrays are worked out anew."""
    kept = lru_cache(maxsize=KNOWN_SCALES)(function)

    @wraps(function)
    def call(*arguments: object) -> object:
        try:
            hash(arguments)
        except TypeError:
            return function(*arguments)
        return kept(*arguments)

    return cast("F", call)


def checked_node_nm(node_nm: float) -> float:
    """Give the node back if the models reach it; ConfigError otherwise."""
    bad = _first(node_nm, ~((np.asarray(node_nm) >= SMALLEST_NM) & (np.asarray(node_nm) <= LARGEST_NM)))
    if bad is not None:
        raise outside("technology.node_nm", bad, SMALLEST_NM, LARGEST_NM, "nm")
    return node_nm


def nominal_supply_v(node_nm: float) -> float:
    """Supply voltage usual at a node, interpolated between the tabulated ones."""
    return stillmaker.nominal_v(checked_node_nm(node_nm))


@remembered
def supply_v(technology: Technology) -> float:
    """Stated supply of the chip, or the nominal one of its node; ConfigError where the laws do not hold."""
    nominal = nominal_supply_v(technology.node_nm)
    stated = technology.supply_v
    if stated is None:
        return nominal
    highest = HIGHEST_OVER_NOMINAL * nominal
    bad = _first(stated, ~((np.asarray(stated) >= LOWEST_V) & (stated <= highest * (1 + 1e-9))))
    if bad is not None:
        raise outside("technology.supply_v", bad, LOWEST_V, round(float(np.min(highest)), 3), "V")
    return stated


def supply_energy(technology: Technology) -> float:
    """Energy at the supply over that at the nominal one: its square."""
    return (supply_v(technology) / nominal_supply_v(technology.node_nm)) ** 2


def supply_delay(technology: Technology) -> Figure:
    """Delay at the supply over that at the nominal one: V / (V - V_T)^alpha, smooth across the threshold."""
    at, nominal = supply_v(technology), nominal_supply_v(technology.node_nm)
    fast, usual, slow = (_alpha_power(at, t) / _alpha_power(nominal, t) for t in THRESHOLDS_V)
    source = "alpha-power law [recalled], thresholds of 0.25 to 0.45 V [assumption]"
    return spread(Figure(usual, source), source, fast, slow)


@remembered
def energy_scale(from_nm: float, technology: Technology) -> Figure:
    """Energy of logic at the chip's node and supply over that at `from_nm` and its nominal supply.

    On the way from one node to twice (half) of it, the polynomials fade into the power law between the anchors, and
    never fall below what that says at the end of the way: a sweep over nodes has no jumps and no bumps. Above 45 nm
    both are the polynomials. The envelope spans both ways, both families of transistors and both anchors.
    """
    to_nm, voltage = checked_node_nm(technology.node_nm), supply_energy(technology)
    # All of it in logarithms, as sweeps take it a hundred thousand times.
    ways = [stillmaker.log_energy(to_nm, f) - stillmaker.log_energy(checked_node_nm(from_nm), f) for f in ("HP", "LP")]
    anchored = [there - here for there, here in zip(_by_anchors(to_nm), _by_anchors(from_nm), strict=True)]
    octaves = np.minimum(1.0, np.abs(np.log2(to_nm / from_nm)))
    least, most = (_by_anchors(from_nm * end)[1] - _by_anchors(from_nm)[1] for end in (0.5, 2.0))
    faded = ways[0] + octaves * (anchored[1] - ways[0])
    typical = np.clip(faded, np.minimum(least, anchored[1]), np.maximum(most, anchored[1]))
    every = np.stack(np.broadcast_arrays(*ways, *anchored))
    low, middle, high = (voltage * np.exp(way) for way in (every.min(axis=0), typical, every.max(axis=0)))
    return Figure(middle, _way(from_nm, to_nm, octaves), "modelled", low, high)


@remembered
def area_scale(from_nm: float, to_nm: float) -> Figure:
    """Area of logic at one node over that at another; low and high: the published table is rounded, 5 %."""
    ratio = stillmaker.area(checked_node_nm(to_nm)) / stillmaker.area(checked_node_nm(from_nm))
    return Figure(ratio, f"{_way(from_nm, to_nm, 0.0)} [stated]", "modelled", 0.95 * ratio, 1.05 * ratio)


@remembered
def latency_scale(from_nm: float, technology: Technology) -> Figure:
    """Gate delay at the chip's node and supply over that at `from_nm` and its nominal supply.

    Stillmaker and Baas, high performance; the envelope spans low power and delay in proportion to the node, which
    is hwcomponents' rule [stated].
    """
    to_nm = checked_node_nm(technology.node_nm)
    ways = [stillmaker.delay(to_nm, f) / stillmaker.delay(checked_node_nm(from_nm), f) for f in ("HP", "LP")]
    every = [*ways, to_nm / from_nm]
    supply = supply_delay(technology)
    low, high = ends(supply)[0] * np.minimum.reduce(every), ends(supply)[1] * np.maximum.reduce(every)
    source = f"{_way(from_nm, to_nm, 0.0)} [second-hand], spread: low power, linear in node; {supply.source}"
    return Figure(ways[0] * supply.typical, source, "modelled", low, high)


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
    there: float = y0 * (at / x0) ** (np.log(y1 / y0) / np.log(x1 / x0))
    return there


def ends(figure: Figure) -> tuple[float, float]:
    """Give the envelope, the typical value where none is known."""
    low = figure.typical if figure.low is None else figure.low
    return low, figure.typical if figure.high is None else figure.high


def spread(figure: Figure, source: str, *others: float) -> Figure:
    """Widen the envelope of a figure to what other sources say; its typical value stays."""
    low, high = ends(figure)
    for other in others:
        low, high = np.minimum(low, other), np.maximum(high, other)
    return Figure(figure.typical, source, figure.origin, low, high)


def joined(source: str, *figures: Figure) -> Figure:
    """Add figures up, envelopes too; the weakest origin among those that count wins."""
    counting = [figure for figure in figures if np.any(np.asarray(figure.typical) > 0)] or list(figures)
    ranks = ("stated", "modelled", "assumed", "ideal")
    return Figure(
        sum(figure.typical for figure in figures),
        source,
        max((figure.origin for figure in counting), key=ranks.index),
        sum(ends(figure)[0] for figure in figures),
        sum(ends(figure)[1] for figure in figures),
    )


def _alpha_power(supply: float, threshold_v: float) -> float:
    # Above the threshold the logarithm is (V - V_T) / SUBTHRESHOLD_V; below it falls off exponentially.
    drive_v = SUBTHRESHOLD_V * np.log1p(np.exp((supply - threshold_v) / SUBTHRESHOLD_V))
    delay: float = supply / drive_v**ALPHA
    return delay


def _by_anchors(node_nm: float) -> tuple[float, ...]:
    """Logarithm of energy over that at 45 nm, for each of the exponents."""
    above = stillmaker.log_energy(np.maximum(node_nm, 45.0)) - stillmaker.log_energy(45.0)
    below = np.log(np.minimum(node_nm, 45.0) / 45.0)
    return tuple(above + exponent * below for exponent in EXPONENTS)


def _way(from_nm: float, to_nm: float, octaves: float) -> str:
    """Say how a figure was scaled; a sweep over nodes is said in a word."""
    if np.ndim(from_nm) or np.ndim(to_nm):
        return "swept nodes: Stillmaker-Baas, anchors of Horowitz and Jouppi"
    if from_nm == to_nm:
        return "same node: Stillmaker-Baas"
    ways = {"Stillmaker-Baas": octaves < 1, "anchors of Horowitz and Jouppi [second-hand]": octaves > 0.1}
    return f"{from_nm:g} to {to_nm:g} nm: {', '.join(way for way, used in ways.items() if used)}"


def _first(values: float, bad: Any) -> float | None:
    """Give the first value that is bad, if any."""
    if not np.any(bad):
        return None
    every, wrong = np.broadcast_arrays(np.asarray(values, dtype=float), bad)
    return float(every[wrong][0])
