"""Leakage by area and node, for parts whose standing power nobody states.

SRAM: standing power per area of CACTI 7's arrays (own sweep [computed], 300 K), cells of low standby power;
low: a third, as neighbouring nodes lie that far apart; high: typical logic. Logic: between the same arrays
in low-standby and in high-performance transistors, which lie 600 to 23 000 times apart. Designers mix thresholds, so
typical is half way on a logarithmic axis, low and high a quarter and three quarters of the way [assumption]: 1 to 4 mW
per mm2 are typical, as standard cells of regular threshold have [recalled]; CACTI's third kind, low operating power,
lies 1.8 to 12 times higher. Conflict: PUMA's units at 32 nm (0.005 mW on 60 um2, 0.192 mW on 4030 um2 [stated]) lie
beyond the high end, as high-performance transistors do. Outside 22 to 65 nm: as at the nearest of these [assumption].

With the supply: V exp(2.5 (V - nominal)), drain-induced lowering of 0.1 V/V at 90 mV a decade [recalled]. With
temperature: double every 30 K, as between 300 and 350 K in the sweep (25 to 50 K) [computed].
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from bitline.costs.technology import checked_node_nm, ends, nominal_supply_v, supply_v
from bitline.hardware.chip import Technology
from bitline.hardware.engine import Part
from bitline.hardware.figure import Figure

Kind = Literal["logic", "sram"]
NODES_NM = (22.0, 32.0, 45.0, 65.0)
LOW_STANDBY_W_PER_M2 = (177.0, 25.6, 7.78, 24.1)
HIGH_PERFORMANCE_W_PER_M2 = (1.02e5, 1.42e5, 1.81e5, 1.00e5)
"""Medians over capacities of 1 KiB to 2 MiB, and of 4 to 256 KiB."""
SWINGS = 3.0
"""Neighbouring nodes of the low-standby column lie about this far apart, whatever the reason."""
PER_VOLT = 2.5
DOUBLING_K = 30.0
SOURCE = "leakage per area of CACTI 7 arrays [computed]"


def density(technology: Technology, kind: Kind = "logic") -> Figure:
    """Watt per square metre that leaks, whether it works or not."""
    node = checked_node_nm(technology.node_nm)
    low, high = (_between(node, column) for column in (LOW_STANDBY_W_PER_M2, HIGH_PERFORMANCE_W_PER_M2))
    middle = np.sqrt(low * high)
    if kind == "sram":
        figure = Figure(low, f"{SOURCE}, low standby power", "modelled", low / SWINGS, middle)
    else:
        figure = Figure(middle, f"{SOURCE}, half way between low standby power and high performance", "assumed")
        figure = replace(figure, low=np.sqrt(low * middle), high=np.sqrt(middle * high))
    return figure.times(supply_leakage(technology) * 2.0 ** ((technology.temperature_k - 300.0) / DOUBLING_K))


def supply_leakage(technology: Technology) -> float:
    """Leakage power at the supply over that at the nominal one."""
    at, nominal = supply_v(technology), nominal_supply_v(technology.node_nm)
    share: float = at / nominal * np.exp(PER_VOLT * (at - nominal))
    return share


def leakage(area_m2: float, technology: Technology, kind: Kind = "logic") -> Figure:
    """Watt that so much logic or SRAM leaks."""
    return density(technology, kind).times(area_m2)


def leaking(part: Part, technology: Technology, kind: Kind = "logic") -> Part:
    """Let a part leak by its area where its standing power is neither stated nor modelled."""
    if part.leakage_w.origin != "ideal" or part.area_m2.origin == "ideal":
        return part
    per_m2 = density(technology, kind)
    (low, high), (smallest, largest) = ends(per_m2), ends(part.area_m2)
    whole = per_m2.typical * part.area_m2.typical
    return replace(part, leakage_w=Figure(whole, per_m2.source, per_m2.origin, low * smallest, high * largest))


def _between(node_nm: float, column: tuple[float, ...]) -> float:
    there: float = np.exp(np.interp(np.log(node_nm), np.log(NODES_NM), np.log(column)))
    return there
