"""What must hold for any array of passive cells and wires, and two independent ways to the same currents."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.numerics.wires import (
    Wires,
    effective_conductance,
    interleaved_conductance,
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
    access_ohm=st.sampled_from([0.0, 2e3]),
    driven_twice=st.booleans(),
    sensed_twice=st.booleans(),
)
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
        assert torch.equal(effective_conductance(conductances, wires, "ladder"), conductances)
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
        access_ohm=wires.access_ohm,
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
    with pytest.raises(ConfigError, match=r"method = 'corse' is not one of .* Nearest: 'coarse'"):
        effective_conductance(good, Wires(), "corse")
    with pytest.raises(ConfigError, match="shape"):
        interleaved_conductance(good, good[:1], Wires())
    with pytest.raises(ConfigError, match=r"gates = 2 is outside 0..1"):
        separate_source_current(good, torch.full((1, 2), 2.0), Wires())
