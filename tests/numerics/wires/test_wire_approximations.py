"""Folds that are fast and not exact: where they are exact after all, and how far they may be off elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.numerics.wires import Wires, effective_conductance, interleaved_conductance

SIDE = st.integers(1, 40)
SEED = st.integers(0, 2**31)
ONE_KIND_IDEAL = [
    Wires(input_ohm=20.0, source_ohm=5.0, driven_twice=True),
    Wires(output_ohm=20.0, sense_ohm=5.0, sensed_twice=True),
    Wires(input_ohm=20.0),
    Wires(output_ohm=20.0, access_ohm=1e3),
]
BOTH_RESISTIVE = [
    Wires(input_ohm=2.0, output_ohm=1.0),
    Wires(input_ohm=1.0, output_ohm=2.0, source_ohm=30.0, sense_ohm=20.0, access_ohm=1e3, driven_twice=True),
    Wires(input_ohm=1.0, output_ohm=1.0, source_ohm=9.0, sensed_twice=True),
    Wires(input_ohm=1.0, output_ohm=1.0, source_ohm=9.0, sense_ohm=4.0, driven_twice=True, sensed_twice=True),
]


def cells(outputs: int, inputs: int, seed: int) -> torch.Tensor:
    """Draw conductances up to 100 microsiemens, a fifth of them off."""
    rng = np.random.default_rng(seed)
    drawn = 1e-4 * rng.random((outputs, inputs)) * (rng.random((outputs, inputs)) > 0.2)
    return torch.from_numpy(drawn)


def close(one: torch.Tensor, other: torch.Tensor, relative: float) -> bool:
    return bool((one - other).abs().max() <= relative * max(float(other.abs().max()), 1e-30))


def dense(rng: np.random.Generator) -> np.ndarray:
    return 1e-6 + 99e-6 * rng.random((256, 256))


def uneven(rng: np.random.Generator) -> np.ndarray:
    """Half of the cells off, and lines that differ."""
    return 1e-6 + 1e-4 * rng.random((256, 1)) * (rng.random((256, 256)) > 0.5)


def sparse(rng: np.random.Generator) -> np.ndarray:
    """One cell in ten on, the others cut off."""
    return 1e-4 * (rng.random((256, 256)) > 0.9)


@given(outputs=SIDE, inputs=SIDE, seed=SEED)
def test_exact_with_one_kind_of_line_ideal(outputs, inputs, seed):
    conductances = cells(outputs, inputs, seed)
    for wires in ONE_KIND_IDEAL:
        exact = effective_conductance(conductances, wires)
        for method in ("ladder", "coarse"):
            assert close(effective_conductance(conductances, wires, method), exact, 1e-11)
            narrow = effective_conductance(conductances.float(), wires, method)
            assert narrow.dtype == torch.float32
            assert close(narrow, exact, 1e-5)


@pytest.mark.parametrize(
    ("ohm", "drawn", "ladder", "coarse"),
    [
        (0.02, dense, 5.5e-4, 1.5e-5),
        (0.02, uneven, 2.2e-4, 1.2e-5),
        (0.02, sparse, 3e-5, 5e-6),
        (0.1, dense, 1.1e-2, 3e-4),
        (0.35, dense, 7.2e-2, 2e-3),
        (0.35, uneven, 3.5e-2, 2e-3),
        (0.35, sparse, 6e-3, 1e-3),
        (1.0, dense, 0.21, 7e-3),
        (1.0, uneven, 0.13, 9e-3),
        (1.0, sparse, 3.5e-2, 5e-3),
        (3.0, dense, 0.37, 1.5e-2),
        (3.0, uneven, 0.29, 3e-2),
    ],
)
def test_stated_errors(ohm, drawn, ladder, coarse):
    """For inputs of one sign, and (the mean over all matrices' entries) for signed ones."""
    rng = np.random.default_rng(5)
    wires = Wires(input_ohm=ohm, output_ohm=ohm)
    conductances, volts = torch.from_numpy(drawn(rng)), torch.from_numpy(rng.random((256, 64)))
    exact = effective_conductance(conductances, wires)
    for method, most in (("ladder", ladder), ("coarse", coarse)):
        off = effective_conductance(conductances.float(), wires, method).double() - exact
        errors = float((off @ volts).norm() / (exact @ volts).norm()), float(off.norm() / exact.norm())
        assert 0.3 * most < max(errors) < most


@pytest.mark.parametrize(
    ("ohm", "separate", "interleaved"), [(0.02, 2e-5, 3e-6), (0.35, 3e-3, 6e-4), (1.0, 1.7e-2, 3e-3)]
)
def test_stated_errors_of_pairs(ohm, separate, interleaved):
    """Against currents that cancel: weights of both signs, one cell of each pair on, inputs of one sign."""
    rng = np.random.default_rng(5)
    wires = Wires(input_ohm=ohm, output_ohm=ohm)
    weights = torch.from_numpy(rng.standard_normal((256, 256))).div(4.5)
    positive, negative = (1e-6 + 99e-6 * part.clamp(0.0, 1.0) for part in (weights, -weights))
    volts = torch.from_numpy(rng.random((256, 64)))

    def error(fold, most):
        exact = fold("exact") @ volts
        return 0.3 * most < float((fold("coarse") @ volts - exact).norm() / exact.norm()) < most

    assert error(
        lambda method: effective_conductance(positive, wires, method) - effective_conductance(negative, wires, method),
        separate,
    )
    assert error(lambda method: interleaved_conductance(positive, negative, wires, method), interleaved)


@pytest.mark.parametrize("shape", [(256, 256), (100, 37), (41, 130), (8, 3), (1, 1)])
@pytest.mark.parametrize("wires", BOTH_RESISTIVE)
def test_lumping_improves_arrays_of_any_size(shape, wires):
    conductances = cells(*shape, seed=2)
    exact = effective_conductance(conductances, wires)
    rough, good = (
        (effective_conductance(conductances, wires, method) - exact).sum(1).norm() for method in ("ladder", "coarse")
    )
    assert good <= 0.1 * rough + 1e-12


@pytest.mark.parametrize("shape", [(128, 100), (37, 64), (6, 5)])
@pytest.mark.parametrize("wires", BOTH_RESISTIVE)
def test_lumping_improves_interleaved_pairs(shape, wires):
    """Against the loss that wires cause, as currents of pairs cancel."""
    positive, negative = cells(*shape, seed=3), cells(*shape, seed=4)
    exact = interleaved_conductance(positive, negative, wires)
    lost = (exact - (positive - negative)).norm()
    rough, good = (
        (interleaved_conductance(positive, negative, wires, method) - exact).norm() for method in ("ladder", "coarse")
    )
    assert good <= 0.8 * rough + 1e-15 * lost
    assert good <= 0.01 * lost


@pytest.mark.parametrize("method", ["ladder", "coarse"])
def test_an_array_does_not_depend_on_those_beside_it(method):
    wires = Wires(input_ohm=1.0, output_ohm=2.0, sensed_twice=True)
    many = cells(20 * 50, 60, 1).reshape(4, 5, 50, 60).float()
    together = effective_conductance(many, wires, method)
    assert close(together[1, 2], effective_conductance(many[1, 2], wires, method), 1e-6)


def test_ladders_are_right_to_first_order():
    conductances = cells(64, 64, 3)
    errors = []
    for ohm in (0.25, 0.5, 1.0):
        wires = Wires(input_ohm=ohm, output_ohm=ohm)
        exact = effective_conductance(conductances, wires)
        assert (exact - conductances).abs().max() > 1e-3 * conductances.max()
        errors.append(float((effective_conductance(conductances, wires, "ladder") - exact).abs().sum()))
    assert errors[1] / errors[0] == pytest.approx(4.0, rel=0.15)
    assert errors[2] / errors[1] == pytest.approx(4.0, rel=0.15)
