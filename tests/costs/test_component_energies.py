"""Drivers, wires, gates, registers: the order of magnitude of published components, and their sources."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.costs import dac, digital, gates, mac, sample_hold, shift_add, special, vector, wire
from bitline.hardware import Dac, Figure, Technology

AT_45, AT_32, AT_28, AT_7 = (Technology(node_nm=n) for n in (45, 32, 28, 7))


@pytest.mark.parametrize(
    ("figure", "low", "high"),
    [
        (dac.pulse_energy(Dac(), columns=128, pitch_m=0.2e-6, bits=1, technology=AT_32), 5e-15, 0.42e-12),
        (dac.area(Dac(), 1, AT_32), 0.16e-12, 0.17e-12),
        (dac.area(Dac(), 8, Technology(node_nm=40)), 430e-12, 446e-12),
        (wire.bit_energy(1e-3, Technology(node_nm=40)), 239e-15, 241e-15),
        (wire.bit_energy(1e-3, Technology(node_nm=10)), 115e-15, 150e-15),
        (sample_hold.energy(AT_32), 0.9e-15, 1e-15),
        (shift_add.energy(16, AT_32), 40e-15, 100e-15),
        (shift_add.area(16, AT_32), 60e-12, 300e-12),
        (gates.energy(AT_28, adders=1), 3.3e-15, 3.5e-15),
        (gates.energy(AT_28, products=1), 0.27e-15, 0.29e-15),
        (gates.energy(AT_28, adders=8), 26e-15, 28e-15),
        (gates.addition_time(8, AT_28), 0.5e-9, 1e-9),
        (digital.register_energy(Technology(node_nm=40)), 8e-15, 10e-15),
        (mac.integer_energy(8, 8, AT_7), 0.07e-12, 0.3e-12),
        (mac.integer_energy(8, 8, AT_45), 0.23e-12, 0.6e-12),
        (mac.floating_energy(16, AT_7), 0.5e-12, 0.8e-12),
        (mac.area(8, 8, Technology(node_nm=40)), 400e-12, 2000e-12),
        (vector.energy_per_operation(16, AT_7), 0.2e-12, 0.5e-12),
        (vector.lane_area(16, AT_32), 500e-12, 10000e-12),
    ],
)
def test_orders_of_magnitude(figure: Figure, low: float, high: float) -> None:
    assert low <= figure.typical <= high
    assert figure.source


@pytest.mark.parametrize(
    ("operation", "number", "bits", "node_nm", "published_j"),
    [
        ("add", "integer", 8, 45, 0.03e-12),
        ("add", "integer", 8, 7, 0.007e-12),
        ("multiply", "integer", 8, 45, 0.2e-12),
        ("multiply", "integer", 32, 45, 3.1e-12),
        ("multiply", "floating", 16, 7, 0.34e-12),
        ("add", "floating", 32, 45, 0.9e-12),
    ],
)
def test_arithmetic_passes_through_its_anchors(
    operation: digital.Operation, number: digital.Number, bits: int, node_nm: float, published_j: float
) -> None:
    figure = digital.energy(operation, number, bits, Technology(node_nm=node_nm))
    assert figure.typical == pytest.approx(published_j, rel=1e-6)


@given(bits=st.integers(1, 31), node=st.floats(3, 130))
def test_wider_numbers_cost_more(bits: int, node: float) -> None:
    technology = Technology(node_nm=node)
    for operation in ("add", "multiply"):
        narrow, wide = (digital.energy(operation, "integer", b, technology).typical for b in (bits, bits + 1))
        assert narrow < wide


def test_a_tree_has_the_full_adders_of_the_closed_form() -> None:
    # Two 4-bit numbers: one ripple adder of four bits, its carry the fifth; ZigZag counts n(b+1) - (b + log2 n + 1).
    assert gates.tree_adders(2, 4) == 2 * 5 - 6
    assert gates.tree_adders(1, 4) == 0


def test_a_stated_driver_wins_and_high_is_isaac() -> None:
    stated = dac.pulse_energy(Dac(energy_per_pulse_j=1e-15), columns=128, pitch_m=1e-7, bits=1, technology=AT_32)
    assert (stated.typical, stated.origin) == (1e-15, "stated")
    modelled = dac.pulse_energy(Dac(), columns=128, pitch_m=1e-7, bits=1, technology=AT_32)
    assert modelled.high == pytest.approx(0.4167e-12)


def test_functions_take_their_special_operations_apart() -> None:
    assert vector.FUNCTIONS["add"].per_element() == 1
    exp, reciprocal = (special.steps(name, "taylor", 16).cycles for name in ("exp", "reciprocal"))
    assert vector.FUNCTIONS["softmax"].per_element() == 3 + 1 + exp
    assert vector.FUNCTIONS["softmax"].per_row() == reciprocal
