"""Digital logic gate by gate, after ZigZag's model at 28 nm [stated].

NAND2 0.7 fF, 0.614 um2, 47.8 ps; full adder 4.2 fF and 4.79 um2; flip-flop 2.1 fF and 6 NAND2 areas; 1-bit
multiplier one NAND2 at half activity. Energy C V^2 per use at full activity. Its authors fitted it to the chips
they show: good to a factor of two [assumption].
"""

from __future__ import annotations

from math import ceil, log2

from bitline.costs.technology import energy_scale, latency_scale, nominal_supply_v, scaled_area
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

FULL_ADDER_FARAD, FLIP_FLOP_FARAD, PRODUCT_FARAD = 4.2e-15, 2.1e-15, 0.35e-15
FULL_ADDER_M2, FLIP_FLOP_M2, PRODUCT_M2 = 4.79e-12, 6 * 0.614e-12, 0.614e-12
CARRY_S = 2 * 47.8e-12
SOURCE = "ZigZag gate model, 28 nm [stated], good to a factor of two"


def tree_adders(inputs: int, bits: int) -> float:
    """Full adders of a tree that sums `inputs` numbers of `bits` bits."""
    return max(0.0, inputs * (bits + 1) - (bits + log2(inputs) + 1))


def tree_switching(inputs: int, bits: int, toggle_fraction: float) -> float:
    """Give how much a tree of stored numbers switches when this share of its input bits changes; 1 for a half.

    Half of the stored bits are ones, so half of the changes reach the tree. An adder of level l sums 2^l products
    and switches if any of them changed; levels count by their adders. Within a fifth of what a simulated tree of
    64 bytes does [computed].
    """
    levels = range(1, max(1, ceil(log2(max(2, inputs)))) + 1)
    adders = {level: inputs / (1 << level) * (bits + level) for level in levels}

    def switching(share: float) -> float:
        return sum(count * (1.0 - (1.0 - share / 2.0) ** (1 << level)) for level, count in adders.items())

    return switching(toggle_fraction) / switching(0.5)


def accumulator_bits(inputs: int, bits: int, steps: int) -> float:
    """Width of a register that adds `steps` tree sums."""
    return bits + log2(inputs) + log2(max(1, steps))


def energy(technology: Technology, *, adders: float = 0.0, flip_flops: float = 0.0, products: float = 0.0) -> Figure:
    """Joule when these gates switch once, all of them."""
    load = adders * FULL_ADDER_FARAD + flip_flops * FLIP_FLOP_FARAD + products * PRODUCT_FARAD
    scale = energy_scale(28, technology)
    typical = load * nominal_supply_v(28) ** 2 * scale.typical
    return Figure(typical, f"{SOURCE}; {scale.source}", "modelled", typical / 2, typical * 2)


def area(technology: Technology, *, adders: float = 0.0, flip_flops: float = 0.0, products: float = 0.0) -> Figure:
    """Square metres of these gates."""
    whole = adders * FULL_ADDER_M2 + flip_flops * FLIP_FLOP_M2 + products * PRODUCT_M2
    return scaled_area(whole, 28, technology, SOURCE)


def addition_time(bits: int, technology: Technology) -> Figure:
    """Seconds for a ripple-carry addition."""
    return Figure(bits * CARRY_S * latency_scale(28, technology.node_nm), SOURCE)
