"""SRAM buffers, from a sweep of CACTI 7.

Own sweep [computed]: ITRS-LSTP cells and periphery, 300 K, one port, one bank; nodes 22 to 65 nm, words of 64 and
256 bits, 1 KiB to 2 MiB. Each quantity is fitted by exp of a parabola in the logarithm of KiB, mostly within 20 %
(reads of long words within 42 %). CACTI counts the bare array; the high end are the 64-bit cache accesses of
Horowitz (45 nm) and Jouppi (7 nm) [second-hand], up to five times more. Beyond the sweep: energy and time with
the square root of capacity, area and leakage in proportion [assumption]; other nodes by scaling.
"""

from __future__ import annotations

from math import exp, log
from typing import Literal

from bitline.costs.technology import area_scale, checked_node_nm, energy_scale, latency_scale, power_law
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

Quantity = Literal["read_j", "write_j", "area_m2", "leakage_w", "access_s"]
UNITS: dict[Quantity, float] = {"read_j": 1e-12, "write_j": 1e-12, "area_m2": 1e-6, "leakage_w": 1e-3, "access_s": 1e-9}
NODES_NM, WORDS = (22.0, 32.0, 45.0, 65.0), (64, 256)
Fit = tuple[float, float, float]
FITS: dict[tuple[float, int], dict[Quantity, Fit]] = {
    (22.0, 64): {
        "read_j": (0.4049, 0.7093, -0.0186),
        "write_j": (0.751, 0.3737, 0.0119),
        "area_m2": (0.0008399, 1.0441, -0.0074),
        "leakage_w": (0.00028, 0.8121, 0.0119),
        "access_s": (0.4044, 0.1454, 0.0167),
    },
    (22.0, 256): {
        "read_j": (1.271, 0.4938, 0.0104),
        "write_j": (2.279, 0.4326, 0.005),
        "area_m2": (0.001564, 0.7716, 0.0214),
        "leakage_w": (0.0002798, 0.7988, 0.0137),
        "access_s": (0.3642, 0.1839, 0.0136),
    },
    (32.0, 64): {
        "read_j": (0.9316, 0.7119, -0.0194),
        "write_j": (1.823, 0.3769, 0.0107),
        "area_m2": (0.001809, 1.0025, -0.0018),
        "leakage_w": (6.954e-05, 0.87, 0.0076),
        "access_s": (0.5923, 0.1206, 0.0177),
    },
    (32.0, 256): {
        "read_j": (2.98, 0.4272, 0.0188),
        "write_j": (5.089, 0.5182, -0.0083),
        "area_m2": (0.003548, 0.7027, 0.0287),
        "leakage_w": (7.151e-05, 0.8615, 0.0079),
        "access_s": (0.5566, 0.1599, 0.013),
    },
    (45.0, 64): {
        "read_j": (1.573, 0.7382, -0.0215),
        "write_j": (3.468, 0.3822, 0.009),
        "area_m2": (0.003642, 0.9495, 0.0047),
        "leakage_w": (3.786e-05, 0.9008, 0.0051),
        "access_s": (0.7855, 0.1086, 0.0184),
    },
    (45.0, 256): {
        "read_j": (5.536, 0.4081, 0.0208),
        "write_j": (9.337, 0.5129, -0.0076),
        "area_m2": (0.007267, 0.6759, 0.0313),
        "leakage_w": (3.915e-05, 0.8857, 0.0062),
        "access_s": (0.7335, 0.1336, 0.0154),
    },
    (65.0, 64): {
        "read_j": (2.537, 0.7876, -0.025),
        "write_j": (7.147, 0.3446, 0.0129),
        "area_m2": (0.007315, 0.9618, 0.0037),
        "leakage_w": (0.0002853, 0.8414, 0.0099),
        "access_s": (1.265, 0.0723, 0.0206),
    },
    (65.0, 256): {
        "read_j": (10.66, 0.3841, 0.0236),
        "write_j": (17.58, 0.5039, -0.0061),
        "area_m2": (0.01518, 0.6755, 0.0313),
        "leakage_w": (0.0002958, 0.8347, 0.0096),
        "access_s": (1.116, 0.1229, 0.015),
    },
}
SWEPT_KIB = (1.0, 2048.0)
BEYOND: dict[Quantity, float] = {"read_j": 0.5, "write_j": 0.5, "area_m2": 1.0, "leakage_w": 1.0, "access_s": 0.5}
SOURCE = "CACTI 7 sweep [computed]"


def bit_energy(
    access: Literal["read_j", "write_j"], capacity_bytes: float, word: int, technology: Technology
) -> Figure:
    """Joule per bit of an accessed word."""
    node = _swept_node_nm(technology)
    scale = energy_scale(node, technology)
    typical = _between_nodes(access, capacity_bytes, word, node) / word * scale.typical
    high = max(typical, _cache_j(capacity_bytes, technology) / 64)
    return Figure(typical, f"{SOURCE}; {scale.source}; high: caches [second-hand]", "modelled", typical, high)


def area(capacity_bytes: float, word: int, technology: Technology) -> Figure:
    """Square metres of one SRAM."""
    node = _swept_node_nm(technology)
    scale = area_scale(node, technology.node_nm)
    return scale.times(_between_nodes("area_m2", capacity_bytes, word, node), f"{SOURCE}; {scale.source}")


def leakage(capacity_bytes: float, word: int, technology: Technology) -> Figure:
    """Watt of one SRAM made of low-leakage cells at 300 K; high: a hundred times, fast cells [assumption]."""
    node = _swept_node_nm(technology)
    scale = energy_scale(node, technology)
    typical = _between_nodes("leakage_w", capacity_bytes, word, node) * scale.typical
    return Figure(typical, f"{SOURCE}; scaled like energy", "modelled", typical, 100 * typical)


def access_time(capacity_bytes: float, word: int, technology: Technology) -> Figure:
    """Seconds from address to data."""
    node = _swept_node_nm(technology)
    scale = latency_scale(node, technology.node_nm)
    return Figure(_between_nodes("access_s", capacity_bytes, word, node) * scale, f"{SOURCE}; linear in node")


def _swept_node_nm(technology: Technology) -> float:
    return min(max(checked_node_nm(technology.node_nm), NODES_NM[0]), NODES_NM[-1])


def _between_nodes(quantity: Quantity, capacity_bytes: float, word: int, node_nm: float) -> float:
    above = min(n for n in NODES_NM if n >= node_nm)
    below = max(n for n in NODES_NM if n <= node_nm)
    upper = _between_words(quantity, capacity_bytes, word, above)
    if above == below:
        return upper
    return power_law((below, _between_words(quantity, capacity_bytes, word, below)), (above, upper), node_nm)


def _between_words(quantity: Quantity, capacity_bytes: float, word: int, node_nm: float) -> float:
    narrow, wide = (_fitted(quantity, capacity_bytes, FITS[node_nm, bits][quantity]) for bits in WORDS)
    swept = min(max(word, WORDS[0]), WORDS[1])
    inside = power_law((WORDS[0], narrow), (WORDS[1], wide), swept)
    # Beyond the sweep a word costs in proportion to its bits; area, leakage and time stay.
    return inside * word / swept if quantity in ("read_j", "write_j") else inside


def _fitted(quantity: Quantity, capacity_bytes: float, fit: Fit) -> float:
    kib = capacity_bytes / 1024
    swept = min(max(kib, SWEPT_KIB[0]), SWEPT_KIB[1])
    a, b, c = fit
    x = log(swept)
    return float(UNITS[quantity] * a * exp(b * x + c * x * x) * (kib / swept) ** BEYOND[quantity])


def _cache_j(capacity_bytes: float, technology: Technology) -> float:
    kib = capacity_bytes / 1024
    old = power_law((8, 10e-12), (1024, 100e-12), kib)
    new = power_law((8, 7.5e-12), (1024, 14e-12), kib)
    return power_law((45, old), (7, new), min(max(technology.node_nm, 7), 45))
