"""Scaling between nodes: the published factors, monotone, and honest about how far the ways lie apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.costs import stillmaker
from bitline.costs.technology import (
    area_scale,
    ends,
    energy_scale,
    joined,
    latency_scale,
    nominal_supply_v,
    supply_delay,
    supply_energy,
    supply_v,
)
from bitline.errors import ConfigError
from bitline.hardware import Figure, Technology

NODES = st.floats(3.0, 130.0)


@pytest.mark.parametrize(
    ("node_nm", "published"),
    [(130, 6.19), (90, 3.16), (65, 1.65), (32, 0.53), (22, 0.226), (20, 0.173), (16, 0.118), (14, 0.095), (7, 0.047)],
)
def test_the_envelope_holds_the_published_factors_relative_to_45_nm(node_nm: float, published: float) -> None:
    # Those of the fact sheet, which follow hwcomponents in mixing low power at 45 nm with high performance below.
    scale = energy_scale(45, Technology(node_nm=node_nm))
    assert ends(scale)[0] <= published * 1.03
    assert published <= ends(scale)[1] * 1.03


@pytest.mark.parametrize(
    ("node_nm", "supply_v", "family", "by_hand"),
    [  # a V^2 + b V + c of the published table, worked out by hand
        (7, 0.7, "HP", 0.1776 * 0.49 - 0.09097 * 0.7 + 0.02447),
        (45, 1.0, "HP", 1.018 - 0.3107 + 0.1539),
        (45, 1.0, "LP", 1.103 - 0.362 + 0.2767),
        (130, 1.3, "LP", 7.171 * 1.69 - 6.709 * 1.3 + 2.904),
    ],
)
def test_energies_are_the_polynomials_at_the_nominal_supply(
    node_nm: float, supply_v: float, family: stillmaker.Family, by_hand: float
) -> None:
    assert nominal_supply_v(node_nm) == pytest.approx(supply_v)
    assert stillmaker.energy(node_nm, family) == pytest.approx(by_hand, rel=1e-9)


@pytest.mark.parametrize(("node_nm", "from_supply_v", "to_supply_v"), [(7, 0.7, 0.5), (14, 0.8, 0.6), (45, 1.0, 0.8)])
def test_the_square_of_the_supply_agrees_with_the_polynomials(
    node_nm: float, from_supply_v: float, to_supply_v: float
) -> None:
    row = stillmaker.ENERGY["HP"][stillmaker.NODES_NM.index(node_nm)]
    published = np.polyval(row, to_supply_v) / np.polyval(row, from_supply_v)
    assert supply_energy(Technology(node_nm=node_nm, supply_v=to_supply_v)) == pytest.approx(published, rel=0.12)


@pytest.mark.parametrize(
    ("first", "second", "factor"), [(45, 7, 0.059), (130, 65, 0.23), (32, 45, 2.2), (65, 22, 0.17), (14, 10, 0.59)]
)
def test_area_factors_are_the_published_ones(first: float, second: float, factor: float) -> None:
    assert area_scale(first, second).typical == pytest.approx(factor, rel=0.08)


def test_far_scaling_follows_the_anchors_and_shows_the_polynomials() -> None:
    scale = energy_scale(45, Technology(node_nm=7))
    assert 0.23 <= scale.typical <= 0.36  # measured-type ratios of int8 addition and multiplication
    assert scale.low == pytest.approx(0.0417, rel=0.03)  # low power throughout
    assert "Horowitz" in scale.source


def test_near_scaling_follows_the_polynomials() -> None:
    scale = energy_scale(32, Technology(node_nm=31))
    assert scale.source == "32 to 31 nm: Stillmaker-Baas"
    assert scale.typical == pytest.approx(stillmaker.energy(31) / stillmaker.energy(32), rel=0.01)


@given(first=NODES, second=NODES, origin=st.sampled_from([7.0, 16.0, 28.0, 32.0, 40.0, 65.0]))
def test_a_smaller_node_never_takes_more_energy_or_time(first: float, second: float, origin: float) -> None:
    small, large = (Technology(node_nm=node) for node in sorted((first, second)))
    assert energy_scale(origin, small).typical <= energy_scale(origin, large).typical * (1 + 1e-9)
    assert latency_scale(origin, small).typical <= latency_scale(origin, large).typical * (1 + 1e-9)


@given(node=st.floats(3.1, 129.0), origin=st.sampled_from([28.0, 32.0, 40.0, 65.0]))
def test_a_sweep_over_nodes_has_no_jumps(node: float, origin: float) -> None:
    here, there = (energy_scale(origin, Technology(node_nm=n)).typical for n in (node, node * 1.001))
    assert there == pytest.approx(here, rel=0.02)


@given(node=NODES, other=NODES)
def test_a_smaller_node_never_takes_more_area(node: float, other: float) -> None:
    small, large = sorted((node, other))
    assert area_scale(large, small).typical <= 1.0 + 1e-9


@given(node=NODES, origin=NODES)
def test_the_envelope_holds_the_typical_value(node: float, origin: float) -> None:
    scale = energy_scale(origin, Technology(node_nm=node))
    low, high = scale.low or scale.typical, scale.high or scale.typical
    assert 0 < low <= scale.typical * (1 + 1e-9)
    assert scale.typical <= high * (1 + 1e-9)


def test_energy_goes_with_the_square_of_a_stated_supply() -> None:
    nominal, half = Technology(node_nm=28), Technology(node_nm=28, supply_v=0.45)
    assert supply_v(nominal) == 0.9
    ratio = energy_scale(32, half).typical / energy_scale(32, nominal).typical
    assert ratio == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("family", "node_nm", "from_supply_v", "to_supply_v"),
    [("HP", 7, 0.7, 0.5), ("LP", 7, 0.7, 0.5), ("HP", 14, 0.8, 0.6), ("LP", 14, 0.8, 0.6), ("HP", 65, 1.1, 0.7)],
)
def test_the_polynomials_of_delay_lie_between_fast_and_slow_gates(
    family: stillmaker.Family, node_nm: float, from_supply_v: float, to_supply_v: float
) -> None:
    row = stillmaker.DELAY[family][stillmaker.DELAY_NODES_NM.index(node_nm)]
    published = np.polyval(row, to_supply_v) / np.polyval(row, from_supply_v)
    low, high = ends(supply_delay(Technology(node_nm=node_nm, supply_v=to_supply_v)))
    assert low <= published <= high


def test_a_published_macro_at_two_supplies_lies_between_fast_and_slow_gates() -> None:
    # Fujiwara et al., ISSCC 2022, 5 nm: 3.45 ns at 0.9 V and 13.85 ns at 0.5 V; nothing was fitted to it.
    slow, fast = (supply_delay(Technology(node_nm=5, supply_v=volts)) for volts in (0.5, 0.9))
    assert ends(slow)[0] / ends(fast)[1] < 13.85 / 3.45 < ends(slow)[1] / ends(fast)[0]


@pytest.mark.parametrize(
    ("node_nm", "published"), [(130, 32.0 / 12.5), (65, 19.1 / 12.5), (14, 4.5 / 12.5), (7, 3.24 / 12.5)]
)
def test_delay_goes_as_published(node_nm: float, published: float) -> None:
    assert latency_scale(45, Technology(node_nm=node_nm)).typical == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize(("node_nm", "volts", "highest"), [(28, 0.3, 1.44), (28, 1.5, 1.44), (7, 1.13, 1.12)])
def test_supplies_outside_the_laws_are_refused(node_nm: float, volts: float, highest: float) -> None:
    with pytest.raises(ConfigError, match=rf"technology.supply_v = {volts:g} V is outside 0\.35\.\.{highest:g} V"):
        energy_scale(28, Technology(node_nm=node_nm, supply_v=volts))


def test_arrays_give_what_each_of_their_values_gives() -> None:
    nodes, volts = np.array([130.0, 40.0, 22.0, 5.0]), np.array([1.2, 0.9, 0.6, 0.7])
    many = Technology(node_nm=nodes, supply_v=volts)  # type: ignore[arg-type]
    for scale in (energy_scale, latency_scale):
        swept = scale(28, many)
        for place, (node, volt) in enumerate(zip(nodes, volts, strict=True)):
            one = scale(28, Technology(node_nm=float(node), supply_v=float(volt)))
            for side in ("low", "typical", "high"):
                assert getattr(swept, side)[place] == pytest.approx(float(getattr(one, side)), rel=1e-9)


def test_an_array_with_one_value_outside_names_it() -> None:
    with pytest.raises(ConfigError, match=r"technology\.supply_v = 0\.2 V is outside"):
        supply_v(Technology(node_nm=28, supply_v=np.array([0.9, 0.2])))  # type: ignore[arg-type]


@pytest.mark.parametrize("node_nm", [2.0, 180.0])
def test_nodes_outside_the_tables_are_refused(node_nm: float) -> None:
    with pytest.raises(ConfigError, match=r"technology.node_nm = .* is outside 3\.\.130 nm"):
        nominal_supply_v(node_nm)


def test_a_sum_is_as_weak_as_its_weakest_part() -> None:
    total = joined("sum", Figure(1.0, "a", "stated"), Figure(2.0, "b", "assumed", 1.0, 4.0), Figure(0.0, "c", "ideal"))
    assert (total.typical, total.low, total.high, total.origin) == (3.0, 2.0, 5.0, "assumed")
