"""Scaling between nodes: the published factors, monotone, and honest about how far the ways lie apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.costs.technology import area_scale, energy_scale, joined, nominal_supply_v, supply_v
from bitline.errors import ConfigError
from bitline.hardware import Figure, Technology

NODES = st.floats(3.0, 130.0)


@pytest.mark.parametrize(
    ("node_nm", "published"),
    [(130, 6.19), (90, 3.16), (65, 1.65), (32, 0.53), (22, 0.226), (20, 0.173), (16, 0.118), (14, 0.095), (7, 0.047)],
)
def test_polynomials_give_the_published_factors_relative_to_45_nm(node_nm: float, published: float) -> None:
    scale = energy_scale(45, Technology(node_nm=node_nm))
    ends = {scale.low, scale.high, scale.typical}
    assert any(end == pytest.approx(published, rel=0.03) for end in ends if end is not None)


@pytest.mark.parametrize(
    ("first", "second", "factor"), [(45, 7, 0.059), (130, 65, 0.23), (32, 45, 2.2), (65, 22, 0.17), (14, 10, 0.59)]
)
def test_area_factors_are_the_published_ones(first: float, second: float, factor: float) -> None:
    assert area_scale(first, second).typical == pytest.approx(factor, rel=0.08)


def test_far_scaling_follows_the_anchors_and_shows_the_polynomials() -> None:
    scale = energy_scale(45, Technology(node_nm=7))
    assert 0.23 <= scale.typical <= 0.36  # measured-type ratios of int8 addition and multiplication
    assert scale.low == pytest.approx(0.047, rel=0.03)
    assert "Horowitz" in scale.source


def test_near_scaling_follows_the_polynomials() -> None:
    scale = energy_scale(32, Technology(node_nm=31))
    assert scale.source == "32 to 31 nm: Stillmaker-Baas [stated]"
    assert scale.typical == pytest.approx(scale.low, rel=0.01)


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
    nominal, double = Technology(node_nm=28), Technology(node_nm=28, supply_v=1.8)
    assert supply_v(nominal) == 0.9
    ratio = energy_scale(32, double).typical / energy_scale(32, nominal).typical
    assert ratio == pytest.approx(4.0)


@pytest.mark.parametrize("node_nm", [2.0, 180.0])
def test_nodes_outside_the_tables_are_refused(node_nm: float) -> None:
    with pytest.raises(ConfigError, match=r"technology.node_nm = .* is outside 3\.\.130 nm"):
        nominal_supply_v(node_nm)


def test_a_sum_is_as_weak_as_its_weakest_part() -> None:
    total = joined("sum", Figure(1.0, "a", "stated"), Figure(2.0, "b", "assumed", 1.0, 4.0), Figure(0.0, "c", "ideal"))
    assert (total.typical, total.low, total.high, total.origin) == (3.0, 2.0, 5.0, "assumed")
