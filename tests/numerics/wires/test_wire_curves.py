"""Cells that are not linear: their curves, and iterations that settle within their bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import BitlineError, ConfigError
from bitline.numerics.wires import (
    HyperbolicSine,
    InSeries,
    Polynomial,
    Until,
    Wires,
    hafnium_oxide,
    ohmic,
    settle,
    settle_gated,
)


def test_curves_settle_within_their_bound():
    rng = np.random.default_rng(1)
    curve = hafnium_oxide(rng.uniform(50e-6, 225e-6, (24, 20)))
    volts = rng.uniform(-0.5, 0.5, (3, 20))
    wires = Wires(input_ohm=5.0, output_ohm=5.0, access_ohm=1e3)
    best = settle(curve, volts, wires, Until(tolerance_fraction=1e-10))
    linear = settle(ohmic(curve.siemens), volts, wires)
    assert np.abs(best.current_a - linear.current_a).max() > 1e-3 * np.abs(linear.current_a).max()
    for tolerance in (1e-2, 1e-4, 1e-6):
        found = settle(curve, volts, wires, Until(tolerance_fraction=tolerance))
        error = np.abs(found.current_a - best.current_a).max()
        assert error <= found.error_bound_a + best.error_bound_a
        assert found.steps <= best.steps


def test_a_vector_does_not_depend_on_those_beside_it():
    rng = np.random.default_rng(2)
    curve = HyperbolicSine(siemens=rng.uniform(1e-6, 1e-4, (9, 7)), bend_v=0.3)
    volts = rng.uniform(-1.0, 1.0, (4, 7))
    wires = Wires(input_ohm=5.0, output_ohm=9.0, access_ohm=1e3)
    until = Until(slopes_at_v=0.5)
    together = settle(curve, volts, wires, until).current_a
    for vector, current in zip(volts, together, strict=True):
        assert np.array_equal(settle(curve, vector[None], wires, until).current_a[0], current)


def test_curves_on_ideal_wires_need_no_step():
    curve = hafnium_oxide(np.full((2, 3), 1e-4))
    volts = np.array([[0.1, -0.2, 0.5]])
    found = settle(curve, volts, Wires())
    assert found.steps == 0
    assert found.current_a == pytest.approx(curve.current_a(volts[:, None, :]).sum(-1))
    assert settle(curve, volts[:0], Wires()).current_a.shape == (0, 2)


def test_hafnium_oxide_by_hand():
    """At 100 microsiemens the logarithm is -4: both polynomials with paper and pencil."""
    curve = hafnium_oxide(np.array([[1e-4]]))
    assert curve.quadratic[0, 0] == pytest.approx(-0.0088832 + 0.024656 - 0.022844 + 0.007063, abs=1e-12)
    assert curve.cubic[0, 0] == pytest.approx(0.00141936 - 0.00271676 + 0.0012968, abs=1e-12)
    with pytest.raises(ConfigError, match=r"hafnium oxide: cells_siemens = 0 S is outside"):
        hafnium_oxide(np.zeros((1, 1)))


def test_hyperbolic_sine_by_hand():
    """sinh(1) = 1.1752: a sixth more than linear at the bend."""
    curve = HyperbolicSine(siemens=np.array([[2e-4]]), bend_v=0.4)
    assert curve.current_a(np.array(0.4))[0, 0] == pytest.approx(2e-4 * 0.4 * 1.1752011936)
    assert curve.current_a(np.array(-0.4))[0, 0] == pytest.approx(-2e-4 * 0.4 * 1.1752011936)
    assert curve.slope_siemens(np.array(0.4))[0, 0] == pytest.approx(2e-4 * 1.5430806348)


@given(
    volt=st.floats(-2.0, 2.0),
    ohm=st.sampled_from([0.0, 1e2, 1e4, 1e6]),
    bend=st.sampled_from([0.05, 0.3, 5.0]),
    seed=st.integers(0, 2**31),
)
def test_a_resistance_in_series_shares_the_voltage(volt, ohm, bend, seed):
    """Kirchhoff: what the cell leaves of the voltage is R times the current; and the slope is that of the current."""
    siemens = 10 ** np.random.default_rng(seed).uniform(-8, -3, (3, 2))
    inner = HyperbolicSine(siemens=siemens, bend_v=bend)
    curve = InSeries(inner=inner, ohm=ohm)
    current = curve.current_a(np.asarray(volt))
    assert inner.current_a(volt - ohm * current) == pytest.approx(current, rel=1e-6, abs=1e-14)
    assert (np.abs(ohm * current) <= abs(volt) * (1 + 1e-12)).all()
    higher, lower = curve.current_a(np.asarray(volt + 1e-5)), curve.current_a(np.asarray(volt - 1e-5))
    assert (higher - lower) / 2e-5 == pytest.approx(curve.slope_siemens(np.asarray(volt)), rel=1e-4, abs=1e-14)


def test_a_resistance_in_series_with_an_ohmic_cell_adds_up():
    curve = InSeries(inner=ohmic(np.array([[1e-3, 0.0]])), ohm=500.0)
    assert curve.current_a(np.asarray(0.3))[0] == pytest.approx([0.3 / 1500.0, 0.0], rel=1e-14)
    assert curve.cells_siemens[0] == pytest.approx([1 / 1500.0, 0.0])
    assert curve.least_slope_siemens(1.0) == 0.0


def test_one_cell_with_a_curve_by_hand():
    """I = G v + b v^3 behind 1 kiloohm in all, from bisection."""
    curve = Polynomial(siemens=np.array([[1e-3]]), quadratic=np.zeros((1, 1)), cubic=np.array([[1e-2]]))
    wires = Wires(input_ohm=500.0, sense_ohm=400.0, access_ohm=100.0)
    found = settle(curve, np.array([[1.0]]), wires, Until(tolerance_fraction=1e-12))
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if middle + 1e3 * (1e-3 * middle + 1e-2 * middle**3) < 1.0 else (low, middle)
    assert found.current_a[0, 0] == pytest.approx(1e-3 * low + 1e-2 * low**3, rel=1e-10)


def test_iterations_that_do_not_settle_say_so():
    curve = hafnium_oxide(np.full((8, 8), 1e-4))
    with pytest.raises(BitlineError, match="did not settle: after 0 steps the error bound is"):
        settle(curve, np.full((1, 8), 0.5), Wires(input_ohm=5.0), Until(most_steps=0))


def test_what_cannot_settle_is_refused():
    falling = Polynomial(siemens=np.ones((1, 1)), quadratic=-np.ones((1, 1)), cubic=np.zeros((1, 1)))
    for wires in (Wires(), Wires(access_ohm=10.0)):
        with pytest.raises(ConfigError, match="up to 1 V: the least slope of the cells = -1 S is outside"):
            settle(falling, np.ones((1, 1)), wires)
    with pytest.raises(ConfigError, match=r"volts = .* is not a shape"):
        settle(ohmic(np.ones((2, 4))), np.ones((1, 4)), Wires(), interleaved=True)
    with pytest.raises(ConfigError, match="volts = nan is not finite"):
        settle(ohmic(np.ones((2, 4))), np.full((1, 4), np.nan), Wires())
    with pytest.raises(ConfigError, match=r"gates = 2 is outside 0..1"):
        settle_gated(ohmic(np.ones((2, 2))), np.full((1, 2), 2.0), Wires())
