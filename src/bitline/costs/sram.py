"""SRAM buffers: a sweep of CACTI 7, read off on logarithmic axes by node, word and capacity.

Beyond the sweep, checked against runs of CACTI at 8 MiB and with words of 32, 128, 512 and 1024 bits [computed], which
it meets within a factor of 1.7 (tests/costs/test_sram.py): energy and access time go with the square root of capacity,
area and leakage in proportion; reading with the word to 0.65, writing in proportion (0.4 and 0.65 below 64 bits);
memories of fewer than 256 words longer than 256 bits read dearer and are larger in proportion, as short bitlines leave
the word to the periphery.

CACTI counts a bare array of low-standby cells. Conflict: the 64-bit caches of Horowitz (45 nm) and Jouppi (7 nm)
[second-hand] take up to five times more; they are the high end of energy, and a wire to them is counted apart. Low:
CACTI's low-operating-power cells, 0.4 to 0.56 times the energy [computed]. Time: high-performance cells are 3.1 to 3.7
times faster (low end) [computed]. Area: high: NeuroSim's cell of 280 squares against CACTI's 146 [stated]. Below
22 nm area goes with the cells of NeuroSim (10.6 x 30.8 squares at 14 nm ... 30 x 68.3 at 3 nm [stated]): SRAM shrinks
less than logic, whose factors would put a bit at 7 nm below its bare cell and are the low end.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from bitline.costs import leakage as leaks
from bitline.costs.sram_sweep import KIB, LOGARITHMS, NODES_NM, WORDS_BITS, Quantity
from bitline.costs.technology import (
    area_scale,
    checked_node_nm,
    ends,
    energy_scale,
    latency_scale,
    power_law,
    spread,
    supply_energy,
)
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

BEYOND: dict[Quantity, float] = {
    "read_j": 0.5, "write_j": 0.5, "area_m2": 1.0, "leakage_w": 1.0, "access_s": 0.5, "cycle_s": 0.0,
}  # fmt: skip
WORD_EXPONENTS: dict[Quantity, tuple[float, float]] = {"read_j": (0.4, 0.65), "write_j": (0.65, 1.0)}
"""Of an access, with words shorter and longer than those swept; nothing else depends on them."""
FEW_WORDS = 256.0
CELL_NM = (3.0, 5.0, 7.0, 10.0, 14.0, 22.0)
CELL_F2 = (30 * 68.3, 19.2 * 43.75, 16 * 34.4, 12.8 * 31.25, 10.6 * 30.8, 146.0)
"""One bit in squares of the node: NeuroSim's; CACTI's own from 22 nm on."""
LOW_ENERGY, LOW_TIME, HIGH_AREA = 0.4, 1 / 3.5, 280 / 146
SOURCE = "CACTI 7 sweep [computed]"


def bit_energy(
    access: Literal["read_j", "write_j"], capacity_bytes: float, word: float, technology: Technology
) -> Figure:
    """Joule per bit of an accessed word."""
    node = _swept_node_nm(technology)
    scale = energy_scale(node, technology)
    one = scale.times(_swept(access, capacity_bytes, word, node) / word, f"{SOURCE}; {scale.source}")
    source = f"{one.source}; low: low operating power [computed]; high: caches [second-hand]"
    return spread(one, source, LOW_ENERGY * one.typical, _cache_j(capacity_bytes, technology) / 64)


def area(capacity_bytes: float, word: float, technology: Technology) -> Figure:
    """Square metres of one SRAM."""
    node = _swept_node_nm(technology)
    swept = _swept("area_m2", capacity_bytes, word, node)
    typical = swept * _cell_m2(technology.node_nm) / _cell_m2(node)
    source = f"{SOURCE}; beyond it: cells of NeuroSim [stated]; low: logic scaling"
    logic = swept * area_scale(node, technology.node_nm).typical
    return spread(Figure(typical, source), source, logic, HIGH_AREA * typical)


def leakage(capacity_bytes: float, word: float, technology: Technology) -> Figure:
    """Watt of one SRAM made of low-standby cells; high: of logic transistors."""
    node = _swept_node_nm(technology)
    here, there = leaks.density(technology, "sram"), leaks.density(Technology(node_nm=node), "sram")
    shrink = _cell_m2(technology.node_nm) / _cell_m2(node)
    known = _swept("leakage_w", capacity_bytes, word, node) * shrink / there.typical
    return here.times(known, f"{SOURCE}, low standby power; high: regular thresholds")


def access_time(capacity_bytes: float, word: float, technology: Technology) -> Figure:
    """Seconds from address to data."""
    return _time("access_s", capacity_bytes, word, technology)


def cycle_time(capacity_bytes: float, word: float, technology: Technology) -> Figure:
    """Seconds from one access to the next."""
    return _time("cycle_s", capacity_bytes, word, technology)


def _time(quantity: Quantity, capacity_bytes: float, word: float, technology: Technology) -> Figure:
    node = _swept_node_nm(technology)
    scale = latency_scale(node, technology)
    one = scale.times(_swept(quantity, capacity_bytes, word, node), f"{SOURCE}; {scale.source}")
    return spread(one, f"{one.source}; low: high-performance cells [computed]", LOW_TIME * ends(one)[0])


def _swept_node_nm(technology: Technology) -> float:
    node: float = np.clip(checked_node_nm(technology.node_nm), NODES_NM[0], NODES_NM[-1])
    return node


def _swept(quantity: Quantity, capacity_bytes: float, word: float, node_nm: float) -> float:
    kib = capacity_bytes / 1024
    size, wide = np.clip(kib, KIB[0], KIB[-1]), np.clip(word, WORDS_BITS[0], WORDS_BITS[-1])
    shorter, longer = WORD_EXPONENTS.get(quantity, (0.0, 0.0))
    beyond = (kib / size) ** BEYOND[quantity] * np.minimum(1.0, word / wide) ** shorter
    beyond = beyond * np.maximum(1.0, word / wide) ** longer
    if quantity in ("read_j", "area_m2"):
        beyond = beyond * _crowding(capacity_bytes, word) / _crowding(capacity_bytes, wide)
    whole: float = _read_off(quantity, node_nm, wide, size) * beyond
    return whole


def _crowding(capacity_bytes: float, word: float) -> float:
    """Give the factor that few words cost more; within the sweep the sweep itself holds it."""
    share: float = np.maximum(1.0, FEW_WORDS * np.maximum(word, WORDS_BITS[-1]) / (8.0 * capacity_bytes))
    return share


def _read_off(quantity: Quantity, node_nm: float, word: float, kib: float) -> float:
    """Straight lines between the eight corners around a point, on logarithmic axes."""
    table = LOGARITHMS[quantity]
    (node, above), (width, wider), (size, larger) = (
        _between(at, axis) for at, axis in ((node_nm, NODES_NM), (word, WORDS_BITS), (kib, KIB))
    )
    total: float = 0.0
    for step in range(8):
        i, j, k = step >> 2, step >> 1 & 1, step & 1
        share = (above if i else 1 - above) * (wider if j else 1 - wider) * (larger if k else 1 - larger)
        total = total + share * table[node + i, width + j, size + k]
    there: float = np.exp(total)
    return there


def _between(at: float, axis: tuple[float, ...]) -> tuple[Any, float]:
    """Give the corner below and how far it is to the next, from 0 to 1."""
    place = np.interp(np.log(at), np.log(axis), np.arange(len(axis)))
    corner = np.minimum(np.asarray(place).astype(int), len(axis) - 2)
    return corner, place - corner


def _cell_m2(node_nm: float) -> float:
    squares = np.exp(np.interp(np.log(node_nm), np.log(CELL_NM), np.log(CELL_F2)))
    cell: float = squares * (node_nm * 1e-9) ** 2
    return cell


def _cache_j(capacity_bytes: float, technology: Technology) -> float:
    kib = capacity_bytes / 1024
    old = power_law((8.0, 10e-12), (1024.0, 100e-12), kib)
    new = power_law((8.0, 7.5e-12), (1024.0, 14e-12), kib)
    at_nominal = power_law((45.0, old), (7.0, new), np.clip(technology.node_nm, 7.0, 45.0))
    return at_nominal * supply_energy(technology)
