"""What must hold for any array of passive cells and wires, and two independent ways to the same currents."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import BitlineError, ConfigError
from bitline.hardware import Array, Cell
from bitline.numerics.wires import (
    Curve,
    Wires,
    coarse_conductance,
    effective_conductance,
    effective_levels,
    hafnium_oxide,
    interleaved_conductance,
    ladder_conductance,
    ohmic,
    separate_source_current,
    settle,
)

OHM = st.sampled_from([0.0, 0.01, 1.0, 30.0])
WIRES = st.builds(
    Wires,
    input_ohm=OHM,
    output_ohm=OHM,
    source_ohm=OHM,
    sense_ohm=OHM,
    access_ohm=st.just(0.0),
    driven_twice=st.booleans(),
    sensed_twice=st.booleans(),
)
_ONE_KIND_IDEAL = [
    Wires(input_ohm=20.0, source_ohm=5.0, driven_twice=True),
    Wires(output_ohm=20.0, sense_ohm=5.0, sensed_twice=True),
    Wires(input_ohm=20.0),
    Wires(output_ohm=20.0, access_ohm=1e3),
]
SIDE = st.integers(1, 19)
SEED = st.integers(0, 2**31)


def cells(outputs: int, inputs: int, seed: int) -> torch.Tensor:
    """Draw conductances up to 100 microsiemens, a fifth of them off."""
    rng = np.random.default_rng(seed)
    drawn = 1e-4 * rng.random((outputs, inputs)) * (rng.random((outputs, inputs)) > 0.2)
    return torch.from_numpy(drawn)


def close(one: torch.Tensor, other: torch.Tensor, relative: float) -> bool:
    return bool((one - other).abs().max() <= relative * max(float(other.abs().max()), 1e-30))


@given(outputs=SIDE, inputs=SIDE, seed=SEED, wires=WIRES)
def test_joined_rectangles_agree_with_nodes(outputs, inputs, seed, wires):
    conductances = cells(outputs, inputs, seed)
    folded = effective_conductance(conductances, wires)
    settled = settle(ohmic(conductances.numpy()), np.eye(inputs), wires)
    assert close(folded.T, torch.from_numpy(settled.current_a), 1e-9)


@given(outputs=SIDE, inputs=SIDE, seed=SEED)
def test_ideal_wires_change_nothing(outputs, inputs, seed):
    conductances = cells(outputs, inputs, seed)
    for wires in (Wires(), Wires(driven_twice=True, sensed_twice=True)):
        assert torch.equal(effective_conductance(conductances, wires), conductances)
        assert torch.equal(ladder_conductance(conductances, wires), conductances)
    faint = Wires(input_ohm=1e-12, output_ohm=1e-12)
    assert close(effective_conductance(conductances, faint), conductances, 1e-12)


@given(outputs=SIDE, inputs=SIDE, seed=SEED, ohm=st.sampled_from([0.1, 5.0]))
def test_more_resistance_never_adds_to_the_current_of_all_outputs(outputs, inputs, seed, ohm):
    """Rayleigh: with every input at the same voltage the whole array is one resistance, which can only grow."""
    conductances = cells(outputs, inputs, seed)
    totals = [
        float(effective_conductance(conductances, Wires(input_ohm=r, output_ohm=s, access_ohm=a)).sum())
        for r, s, a in [(0, 0, 0), (ohm, 0, 0), (ohm, ohm, 0), (2 * ohm, 2 * ohm, 0), (2 * ohm, 2 * ohm, 100)]
    ]
    assert all(after <= before * (1 + 1e-12) for before, after in itertools.pairwise(totals))


@given(outputs=SIDE, inputs=SIDE, seed=SEED, wires=WIRES)
def test_currents_are_those_of_a_passive_network(outputs, inputs, seed, wires):
    """No current flows backwards, and none exceeds what the ideal array could carry in all."""
    conductances = cells(outputs, inputs, seed)
    folded = effective_conductance(conductances, wires)
    assert folded.min() >= -1e-18
    assert float(folded.sum()) <= float(conductances.sum()) * (1 + 1e-12)
    assert (folded.sum(0) <= conductances.sum(0) * (1 + 1e-12) + 1e-18).all()


@given(outputs=SIDE, inputs=SIDE, seed=SEED, wires=WIRES)
def test_driving_where_one_sensed_gives_the_same_conductances(outputs, inputs, seed, wires):
    """Reciprocity: drive the output lines, sense the input lines, and the array turned round says the same."""
    turned = Wires(
        input_ohm=wires.output_ohm,
        output_ohm=wires.input_ohm,
        source_ohm=wires.sense_ohm,
        sense_ohm=wires.source_ohm,
        driven_twice=wires.sensed_twice,
        sensed_twice=wires.driven_twice,
    )
    conductances = cells(outputs, inputs, seed)
    there = effective_conductance(conductances, wires)
    back = effective_conductance(conductances.flip(0, 1).T, turned).T.flip(0, 1)
    assert close(there, back, 1e-9)


@given(outputs=SIDE, inputs=SIDE, seed=SEED)
def test_lines_connected_at_both_ends_can_be_mirrored(outputs, inputs, seed):
    conductances = cells(outputs, inputs, seed)
    twice = {"driven_twice": True, "sensed_twice": True}
    wires = Wires(input_ohm=20.0, output_ohm=30.0, source_ohm=5.0, sense_ohm=7.0, **twice)
    folded = effective_conductance(conductances, wires)
    assert close(effective_conductance(conductances.flip(0), wires).flip(0), folded, 1e-12)
    assert close(effective_conductance(conductances.flip(1), wires).flip(1), folded, 1e-12)


@given(seed=SEED)
def test_an_array_does_not_depend_on_those_beside_it(seed):
    wires = Wires(input_ohm=1.0, output_ohm=2.0)
    many = cells(6 * 13, 17, seed).reshape(2, 3, 13, 17)
    together = effective_conductance(many, wires)
    assert close(together[1, 2], effective_conductance(many[1, 2], wires), 1e-12)


@given(outputs=SIDE, inputs=SIDE, seed=SEED)
def test_ladders_are_exact_with_one_kind_of_line_ideal(outputs, inputs, seed):
    conductances = cells(outputs, inputs, seed)
    for fold, wires in itertools.product((ladder_conductance, coarse_conductance), _ONE_KIND_IDEAL):
        assert close(fold(conductances, wires), effective_conductance(conductances, wires), 1e-11)


@pytest.mark.parametrize(
    ("ohm", "ladders", "lumped", "patchy"),
    [(0.02, 6e-4, 3e-5, 6e-5), (0.35, 8e-2, 2.5e-3, 6e-3), (1.0, 0.25, 8e-3, 3e-2)],
)
def test_stated_errors_of_the_approximations(ohm, ladders, lumped, patchy):
    rng = np.random.default_rng(5)
    wires = Wires(input_ohm=ohm, output_ohm=ohm)
    volts = torch.from_numpy(rng.random((256, 16)))
    dense = torch.from_numpy(1e-6 + 99e-6 * rng.random((256, 256)))
    uneven = torch.from_numpy(1e-6 + 1e-4 * rng.random((256, 1)) * (rng.random((256, 256)) > 0.5))

    def error(fold, conductances):
        exact = effective_conductance(conductances, wires) @ volts
        return float((fold(conductances, wires) @ volts - exact).norm() / exact.norm())

    assert 0.3 * ladders < error(ladder_conductance, dense) < ladders
    assert 0.3 * lumped < error(coarse_conductance, dense) < lumped
    assert error(coarse_conductance, uneven) < patchy


@pytest.mark.parametrize("shape", [(100, 37), (41, 130), (8, 3), (1, 1)])
def test_lumping_improves_arrays_of_any_size(shape):
    conductances = cells(*shape, seed=2)
    for wires in (
        Wires(input_ohm=2.0, output_ohm=1.0),
        Wires(input_ohm=1.0, output_ohm=2.0, source_ohm=30.0, sense_ohm=20.0, access_ohm=1e3, driven_twice=True),
        Wires(input_ohm=1.0, output_ohm=1.0, source_ohm=9.0, sensed_twice=True),
    ):
        exact = effective_conductance(conductances, wires)
        rough = (ladder_conductance(conductances, wires) - exact).sum(1).norm()
        assert (coarse_conductance(conductances, wires) - exact).sum(1).norm() <= 0.5 * rough + 1e-12


def test_ladders_are_right_to_first_order():
    conductances = cells(64, 64, 3)
    errors = []
    for ohm in (0.25, 0.5, 1.0):
        wires = Wires(input_ohm=ohm, output_ohm=ohm)
        exact = effective_conductance(conductances, wires)
        assert (exact - conductances).abs().max() > 1e-3 * conductances.max()
        errors.append(float((ladder_conductance(conductances, wires) - exact).abs().sum()))
    assert errors[1] / errors[0] == pytest.approx(4.0, rel=0.15)
    assert errors[2] / errors[1] == pytest.approx(4.0, rel=0.15)


@given(outputs=SIDE, inputs=SIDE, seed=SEED, wires=WIRES)
def test_pairs_cancel_when_equal_and_stand_alone_when_single(outputs, inputs, seed, wires):
    conductances = cells(outputs, inputs, seed)
    off = torch.zeros_like(conductances)
    alone = effective_conductance(conductances, wires)
    assert close(interleaved_conductance(conductances, off, wires), alone, 1e-9)
    assert close(-interleaved_conductance(off, conductances, wires), alone, 1e-9)
    swapped = interleaved_conductance(conductances, conductances, wires)
    assert swapped.abs().max() <= 1e-9 * max(float(alone.max()), 1e-30)


@given(outputs=SIDE, inputs=SIDE, seed=SEED)
def test_source_lines_of_no_resistance_are_driven_inputs(outputs, inputs, seed):
    conductances = cells(outputs, inputs, seed)
    gates = torch.from_numpy(np.random.default_rng(seed).integers(0, 2, (3, inputs))).double()
    wires = Wires(output_ohm=7.0, sense_ohm=11.0, access_ohm=500.0)
    made = separate_source_current(conductances, gates, wires, supply_v=0.5)
    for gate, current in zip(gates, made, strict=True):
        wanted = effective_conductance(conductances * gate, wires) @ torch.full((inputs,), 0.5, dtype=torch.float64)
        assert close(current, wanted, 1e-11)


def test_curves_settle_within_their_bound():
    rng = np.random.default_rng(1)
    curve = hafnium_oxide(rng.uniform(50e-6, 225e-6, (24, 20)))
    volts = rng.uniform(-0.5, 0.5, (3, 20))
    wires = Wires(input_ohm=5.0, output_ohm=5.0)
    best = settle(curve, volts, wires, tolerance_fraction=1e-10)
    linear = settle(ohmic(curve.siemens), volts, wires)
    assert np.abs(best.current_a - linear.current_a).max() > 1e-3 * np.abs(linear.current_a).max()
    for tolerance in (1e-2, 1e-4, 1e-6):
        found = settle(curve, volts, wires, tolerance_fraction=tolerance)
        error = np.abs(found.current_a - best.current_a).max()
        assert error <= found.error_bound_a + best.error_bound_a
        assert found.steps <= best.steps


def test_curves_on_ideal_wires_need_no_step():
    curve = hafnium_oxide(np.full((2, 3), 1e-4))
    volts = np.array([[0.1, -0.2, 0.5]])
    found = settle(curve, volts, Wires())
    assert found.steps == 0
    assert found.current_a == pytest.approx(curve.current_a(volts[:, None, :]).sum(-1))


def test_hafnium_oxide_by_hand():
    """At 100 microsiemens the logarithm is -4: both polynomials with paper and pencil."""
    curve = hafnium_oxide(np.array([[1e-4]]))
    assert curve.quadratic[0, 0] == pytest.approx(-0.0088832 + 0.024656 - 0.022844 + 0.007063, abs=1e-12)
    assert curve.cubic[0, 0] == pytest.approx(0.00141936 - 0.00271676 + 0.0012968, abs=1e-12)
    with pytest.raises(ConfigError, match=r"hafnium oxide: cells_siemens = 0 S is outside"):
        hafnium_oxide(np.zeros((1, 1)))


def test_one_cell_with_a_curve_by_hand():
    """I = G v + b v^3 behind 1 kiloohm in all, from bisection."""
    curve = Curve(siemens=np.array([[1e-3]]), quadratic=np.zeros((1, 1)), cubic=np.array([[1e-2]]))
    found = settle(curve, np.array([[1.0]]), Wires(input_ohm=600.0, sense_ohm=400.0), tolerance_fraction=1e-12)
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if middle + 1e3 * (1e-3 * middle + 1e-2 * middle**3) < 1.0 else (low, middle)
    assert found.current_a[0, 0] == pytest.approx(1e-3 * low + 1e-2 * low**3, rel=1e-10)


def test_iterations_that_do_not_settle_say_so():
    curve = hafnium_oxide(np.full((8, 8), 1e-4))
    with pytest.raises(BitlineError, match="did not settle: after 0 steps the error bound is"):
        settle(curve, np.full((1, 8), 0.5), Wires(input_ohm=5.0), most_steps=0)


def test_what_cannot_be_is_refused():
    good = torch.full((2, 2), 1e-4)
    with pytest.raises(ConfigError, match=r"wires.input_ohm = -1 ohm is outside"):
        Wires(input_ohm=-1.0)
    with pytest.raises(ConfigError, match=r"wires.sense_ohm = nan"):
        Wires(sense_ohm=float("nan"))
    with pytest.raises(ConfigError, match="cells_siemens = nan is not finite"):
        effective_conductance(good * float("nan"), Wires())
    with pytest.raises(ConfigError, match=r"cells_siemens = -0.0001 S is outside"):
        effective_conductance(-good, Wires())
    with pytest.raises(ConfigError, match="shape"):
        interleaved_conductance(good, good[:1], Wires())
    with pytest.raises(ConfigError, match=r"gates = 2 is outside 0..1"):
        separate_source_current(good, torch.full((1, 2), 2.0), Wires())
    with pytest.raises(ConfigError, match="least slope"):
        settle(
            Curve(siemens=np.ones((1, 1)), quadratic=-np.ones((1, 1)), cubic=np.zeros((1, 1))), np.ones((1, 1)), Wires()
        )


def test_levels_of_an_array_with_wires():
    """Column currents follow from the levels that come back, the off current included."""
    array = Array(rows=12, columns=9, wire_resistance_ohm=4.0)
    cell = Cell(technology="reram", bits=2, g_max_siemens=1e-4, on_off_ratio=20.0)
    levels = torch.randint(0, 4, (2, 12, 9), generator=torch.Generator().manual_seed(0)).double()
    found = effective_levels(levels, array=array, cell=cell)
    step, rest = (1e-4 - 5e-6) / 3, 5e-6
    volts = torch.linspace(0, 0.3, 12, dtype=torch.float64)
    current = settle(
        ohmic((levels[1] * step + rest).T.numpy()), volts.numpy()[None], Wires(input_ohm=4.0, output_ohm=4.0)
    )
    assert close(volts @ found[1] * step + rest * volts.sum(), torch.from_numpy(current.current_a[0]), 1e-9)
    rough = effective_levels(levels, array=array, cell=cell, method="ladder")
    assert 0 < (rough - found).abs().max() < 0.1 * (found - levels).abs().max()


def test_levels_without_wires_are_handed_back():
    levels = torch.ones(3, 3)
    assert effective_levels(levels, array=Array(rows=3, columns=3), cell=Cell(technology="reram")) is levels
    with pytest.raises(ConfigError, match=r"cell.g_max_siemens is missing"):
        effective_levels(levels, array=Array(rows=3, columns=3, wire_resistance_ohm=1.0), cell=Cell(technology="reram"))
