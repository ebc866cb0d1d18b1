"""Networks on the chip: ISAAC's router, hops, and the mean way through a mesh counted place by place."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bitline.costs import link, network, wire
from bitline.hardware import Link, Technology

AT_32 = Technology(node_nm=32)


def test_a_hop_is_a_router_and_a_wire() -> None:
    assert network.router_energy(AT_32).typical == pytest.approx(20.74e-12 / 256)
    assert network.router_area(AT_32).typical == pytest.approx(0.15e-6)
    hop = network.hop_energy(1e-3, AT_32)
    assert hop.typical == pytest.approx(20.74e-12 / 256 + wire.bit_energy(1e-3, AT_32).typical)
    assert 1e-13 < hop.typical < 6e-13  # 0.08 pJ of router, 0.1 to 0.24 pJ per millimetre of wire


def test_links_pay_for_each_hop() -> None:
    one = Link(between=("a", "b"), length_m=2e-3)
    far = Link(between=("a", "b"), length_m=2e-3, hops=3.5)
    assert link.bit_energy(far, AT_32).typical == pytest.approx(3.5 * link.bit_energy(one, AT_32).typical)
    assert "1 mm [assumption]" in link.bit_energy(Link(between=("a", "b")), AT_32).source


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4, 4), (8, 3), (16, 12)])
def test_mean_hops_of_a_mesh_are_those_counted(width: int, height: int) -> None:
    places = list(product(range(width), range(height)))
    ways = [abs(a - c) + abs(b - d) for a, b in places for c, d in places]
    assert network.mesh_hops(width, height) == pytest.approx(sum(ways) / len(ways))


def test_fields_may_be_arrays() -> None:
    hops, lengths = np.array([1.0, 2.0, 4.0]), np.array([1e-3, 2e-3, 3e-3])
    swept = network.path_energy(hops, lengths, AT_32)  # type: ignore[arg-type]
    for i in range(3):
        one = network.path_energy(float(hops[i]), float(lengths[i]), AT_32)
        assert (swept.typical[i], swept.low[i], swept.high[i]) == pytest.approx((one.typical, one.low, one.high))  # type: ignore[index]
    assert np.shape(network.mesh_hops(hops, hops)) == (3,)  # type: ignore[arg-type]
