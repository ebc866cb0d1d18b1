"""Digital logic gate by gate, after ZigZag's model at 28 nm and 0.9 V [stated].

NAND2 0.7 fF, 0.614 um2, 47.8 ps; XOR2 2.4 times the area and delay; full adder 4.2 fF and 4.79 um2; flip-flop 2.1 fF
and 6 NAND2 areas; 1-bit multiplier one NAND2 at half activity. Energy: C V^2 per use at full activity, that is, if
every node went up and down once in a cycle. Its authors fitted the unit values to the chips they show: good to a
factor of two [assumption].

Activity. A share of gates that switch of 0.5, as their validation takes, means one transition of every node in a
cycle. In a tree of ripple-carry adders over stored numbers, fed with random bits, settled nodes change 0.35 times a
cycle, and 0.7 times with the glitches of equal gate delays [computed; tests/costs/test_gates.py]: 0.18 and 0.35 where
0.5 is used. What is left stands for wires, clock and uneven delays, which the model does not count apart. An 8-bit
addition or product at half activity takes 0.7 of what the anchors of Horowitz and Jouppi say at 28 nm; the conflict
stays in the envelopes.
"""

from __future__ import annotations

import numpy as np

from bitline.costs.technology import (
    energy_scale,
    latency_scale,
    nominal_supply_v,
    scaled_area,
    spread,
)
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

FULL_ADDER_FARAD, FLIP_FLOP_FARAD, PRODUCT_FARAD = 4.2e-15, 2.1e-15, 0.35e-15
NAND_M2, NAND_S = 0.614e-12, 47.8e-12
FULL_ADDER_M2, FLIP_FLOP_M2, PRODUCT_M2 = 4.79e-12, 6 * NAND_M2, NAND_M2
SUM_S, CARRY_S = 2 * 2.4 * NAND_S, 2 * NAND_S
"""Inputs to sum, two XOR2; carry in to carry out, two NAND2."""
SOURCE = "ZigZag gate model, 28 nm [stated], good to a factor of two"
DATA_TOGGLES = 0.5
"""Of uniform random bits, and what shares of switching gates are stated for."""


def tree_adders(inputs: float, bits: float) -> float:
    """Full adders of a tree that sums `inputs` numbers of `bits` bits."""
    count: float = np.maximum(0.0, inputs * (bits + 1) - (bits + np.log2(inputs) + 1))
    return count


def place_value_adders(places: float, bits: float) -> float:
    """Full adders of a tree that sums numbers of `bits` bits, one for each of so many binary places of a weight."""
    count: float = np.maximum(0.0, bits * (places - 1) + places * (np.log2(places) - 0.5))
    return count


def multiplier(first_bits: float, second_bits: float) -> dict[str, float]:
    """Gates of an array multiplier: a product for every pair of bits, and a row of adders for each bit but one."""
    return {"products": first_bits * second_bits, "adders": first_bits * (second_bits - 1.0)}


def accumulator(bits: float) -> dict[str, float]:
    """Gates of a register that adds a number to what it holds, `bits` wide."""
    return {"adders": bits, "flip_flops": bits}


def accumulator_bits(inputs: float, bits: float, steps: float) -> float:
    """Width of a register that adds `steps` tree sums."""
    wide: float = bits + np.log2(inputs) + np.log2(np.maximum(1, steps))
    return wide


def tree_switching(inputs: float, bits: float, toggle_fraction: float) -> float:
    """Give how much a tree of stored numbers switches when this share of its input bits changes; 1 for a half.

    Half of the stored bits are ones, so half of the changes reach the tree. An adder of level l sums 2^l products
    and switches if any of them changed; levels count by their adders. Within a fifth of what simulated trees of 16
    to 256 numbers do, glitches included [computed].
    """
    return _switching(inputs, bits, toggle_fraction) / _switching(inputs, bits, DATA_TOGGLES)


def energy(technology: Technology, *, adders: float = 0.0, flip_flops: float = 0.0, products: float = 0.0) -> Figure:
    """Joule when these gates switch once, all of them; times the share that does."""
    load = adders * FULL_ADDER_FARAD + flip_flops * FLIP_FLOP_FARAD + products * PRODUCT_FARAD
    scale = energy_scale(28.0, technology)
    whole = scale.times(load * nominal_supply_v(28.0) ** 2, f"{SOURCE}; {scale.source}")
    return spread(whole, whole.source, whole.typical / 2, whole.typical * 2)


def area(technology: Technology, *, adders: float = 0.0, flip_flops: float = 0.0, products: float = 0.0) -> Figure:
    """Square metres of these gates."""
    cells = adders * FULL_ADDER_M2 + flip_flops * FLIP_FLOP_M2 + products * PRODUCT_M2
    whole = scaled_area(cells, 28.0, technology, SOURCE)
    return spread(whole, whole.source, whole.typical / 2, whole.typical * 2)


def addition_time(bits: float, technology: Technology) -> Figure:
    """Seconds for a ripple-carry addition."""
    return _time(bits * CARRY_S, technology)


def tree_time(inputs: float, bits: float, technology: Technology) -> Figure:
    """Seconds until a tree of ripple-carry adders has settled: a sum per level, then the carries of the last."""
    levels = np.log2(inputs)
    return _time((levels - 1.0) * SUM_S + (bits + levels) * CARRY_S, technology)


def _time(at_28_nm_s: float, technology: Technology) -> Figure:
    scale = latency_scale(28.0, technology)
    whole = scale.times(at_28_nm_s, f"{SOURCE}; {scale.source}")
    return spread(whole, whole.source, whole.typical / 2, whole.typical * 2)


def _switching(inputs: float, bits: float, changed_fraction: float) -> float:
    levels = np.arange(1, int(np.ceil(np.log2(np.maximum(2, np.max(inputs))))) + 1).reshape(
        -1, *(1,) * _axes(inputs, bits)
    )
    adders = np.where(2.0**levels < 2.0 * np.maximum(2, inputs), inputs / 2.0**levels * (bits + levels), 0.0)
    quiet = (1.0 - np.asarray(changed_fraction) / 2.0) ** (2.0**levels)
    share: float = np.sum(adders * (1.0 - quiet), axis=0)[()]
    return share


def _axes(*values: float) -> int:
    return len(np.broadcast_shapes(*(np.shape(value) for value in values)))
