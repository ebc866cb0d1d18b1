"""Gates: trees counted and simulated gate by gate, and how far the sources of an addition lie apart."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bitline.costs import digital, gates
from bitline.hardware import Technology

Bits = NDArray[np.int8]


def _next(products: Bits, sums: list[Bits], carries: list[Bits]) -> tuple[list[Bits], list[Bits]]:
    """One gate delay of a tree of ripple-carry adders: every full adder answers what its inputs were."""
    left, values = ([], []), products
    for total, carry in zip(sums, carries, strict=True):
        a, b = values[:, 0::2], values[:, 1::2]
        into = np.concatenate([np.zeros_like(carry[..., :1]), carry[..., :-1]], -1)
        left[0].append(a ^ b ^ into)
        left[1].append((a & b) | (into & (a ^ b)))
        values = np.concatenate([total, carry[..., -1:]], -1)
    return left


def _transitions(inputs: int, bits: int, toggle_fraction: float, seed: int) -> tuple[float, float]:
    """Transitions of a full adder's output in a cycle: all of them, and those that stay."""
    rng = np.random.default_rng(seed)
    stored = rng.integers(0, 2, (1, inputs, bits)).astype(np.int8)
    before = rng.integers(0, 2, (120, inputs, 1)).astype(np.int8)
    after = before ^ (rng.random(before.shape) < toggle_fraction).astype(np.int8)
    shapes = [(120, inputs >> level + 1, bits + level) for level in range(int(np.log2(inputs)))]
    sums, carries = ([np.zeros(shape, np.int8) for shape in shapes] for _ in range(2))
    for _ in range(bits + 4 * len(shapes)):
        sums, carries = _next(before & stored, sums, carries)
    old, switched = sums + carries, 0
    for _ in range(bits + 4 * len(shapes)):
        new_sums, new_carries = _next(after & stored, sums, carries)
        switched += sum(int((a != b).sum()) for a, b in zip(new_sums + new_carries, sums + carries, strict=True))
        sums, carries = new_sums, new_carries
    settled = sum(int((a != b).sum()) for a, b in zip(sums + carries, old, strict=True))
    nodes = sum(one.size for one in old)
    return switched / nodes, settled / nodes


@pytest.mark.parametrize("inputs", [16, 64])
def test_trees_switch_as_simulated_ones_do(inputs: int) -> None:
    usual = np.mean([_transitions(inputs, 8, 0.5, seed) for seed in range(3)], axis=0)
    seldom = np.mean([_transitions(inputs, 8, 0.1, seed) for seed in range(3)], axis=0)
    assert gates.tree_switching(inputs, 8, 0.1) == pytest.approx(seldom[0] / usual[0], rel=0.2)
    # What 0.5 stands for is one transition of every node: wires, clock and uneven delays are in it.
    assert 0.3 < usual[1] < 0.4
    assert 0.6 < usual[0] < 0.85


def test_one_adder_switches_if_one_of_two_stored_ones_is_met() -> None:
    # Half of the stored bits are ones: a change of one input in ten reaches the adder in 1 - 0.95^2 of the cycles.
    assert gates.tree_switching(2, 8, 0.1) == pytest.approx((1 - 0.95**2) / (1 - 0.75**2))


def test_switching_of_arrays_is_that_of_their_values() -> None:
    inputs, bits = np.array([1.0, 2.0, 24.0, 256.0]), np.array([8.0, 4.0, 8.0, 1.0])
    swept = gates.tree_switching(inputs, bits, np.array([0.1, 0.5, 0.25, 0.7]))  # type: ignore[arg-type]
    alone = [gates.tree_switching(n, b, t) for n, b, t in zip(inputs, bits, (0.1, 0.5, 0.25, 0.7), strict=True)]
    assert swept == pytest.approx(alone)
    assert swept[1] == pytest.approx(1.0)  # type: ignore[index]


@pytest.mark.parametrize("inputs", [2, 4, 64, 256])
@pytest.mark.parametrize("bits", [1, 8])
def test_a_tree_has_an_adder_for_every_carry(inputs: int, bits: int) -> None:
    # Level l adds inputs / 2^l pairs, bits + l - 1 wide each.
    by_level = sum((inputs >> level) * (bits + level - 1) for level in range(1, int(np.log2(inputs)) + 1))
    assert gates.tree_adders(inputs, bits) == by_level


def test_places_of_one_weight_bit_need_no_adders() -> None:
    assert gates.place_value_adders(1, 12) == 0
    assert gates.place_value_adders(8, 12) == 12 * 7 + 8 * 2.5


def test_an_addition_lies_near_the_anchors_and_says_how_near(capsys: pytest.CaptureFixture[str]) -> None:
    at = Technology(node_nm=28)
    halves = gates.energy(at, adders=8).times(0.5)
    anchored = digital.energy("add", "integer", 8, at)
    product = gates.energy(at, **gates.multiplier(8, 8)).times(0.5)
    product_anchored = digital.energy("multiply", "integer", 8, at)
    with capsys.disabled():
        print(f"\n28 nm, gates over anchors: addition {halves.typical / anchored.typical:.2f}", end=", ")
        print(f"8-bit product {product.typical / product_anchored.typical:.2f}")
    assert 0.5 < halves.typical / anchored.typical < 2.0
    assert 0.5 < product.typical / product_anchored.typical < 2.0
    assert (halves.low or 0) <= anchored.typical <= (halves.high or 0)


@pytest.mark.parametrize(("node_nm", "supply_v", "published_j"), [(22, 0.72, 22.5e-15)])
def test_a_published_macro_lies_within_a_factor_of_two(node_nm: float, supply_v: float, published_j: float) -> None:
    # Chih et al., ISSCC 2021: 4-bit weights and inputs, trees of 256; half of the gates switch. Nothing is fitted.
    at = Technology(node_nm=node_nm, supply_v=supply_v)
    tree, wide = gates.tree_adders(256, 4) / 256, gates.accumulator_bits(256, 4, 16) / 256
    one = gates.energy(at, adders=4 * (tree + wide) * 0.5, flip_flops=4 * wide, products=16.0)
    assert 0.5 < one.typical / published_j < 2.0


def test_a_tree_takes_longer_than_one_addition_and_less_than_one_each_level() -> None:
    at = Technology(node_nm=28)
    tree, addition = gates.tree_time(64, 8, at).typical, gates.addition_time(14, at).typical
    assert addition < tree < 6 * addition
