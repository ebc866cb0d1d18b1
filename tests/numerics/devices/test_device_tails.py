"""Normal numbers with cut tails: against repeated draws, and against integrals."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import Cell, Spread, Write, mean_pulses, pulses_needed
from bitline.numerics.devices import clipped_normal_moments, programmed
from bitline.numerics.devices.tails import cut, verified

COUNT = 200_000


def normal(count=COUNT, seed=0):
    return torch.randn(count, generator=torch.Generator().manual_seed(seed))


def loop(tolerance, most, seed=1):
    """Program cells pulse by pulse, as the hardware does."""
    source = torch.Generator().manual_seed(seed)
    error = torch.randn(COUNT, generator=source)
    pulses = torch.ones(COUNT)
    for _ in range(most - 1):
        again = error.abs() > tolerance
        error = torch.where(again, torch.randn(COUNT, generator=source), error)
        pulses += again
    return error, pulses


@pytest.mark.parametrize(("tolerance", "most"), [(0.3, 3), (0.3, 60), (1.0, 5), (2.0, 2), (0.05, 1)])
def test_verification_in_one_draw_is_the_loop(tolerance, most):
    wanted, pulses = loop(tolerance, most)
    found = verified(normal(), torch.full((COUNT,), tolerance), most)
    edges = torch.tensor([-3, -2, -1, -tolerance, -tolerance / 2, 0, tolerance / 2, tolerance, 1, 2, 3]).sort().values
    for edge in edges.tolist():
        assert float((found < edge).float().mean()) == pytest.approx(
            float((wanted < edge).float().mean()), abs=5 / math.sqrt(COUNT)
        )
    assert pulses_needed(tolerance, most) == pytest.approx(float(pulses.mean()), abs=5 * most / math.sqrt(COUNT))


def test_verification_without_a_limit_leaves_nothing_outside():
    found = verified(normal(), torch.full((COUNT,), 0.5), None)
    assert float(found.abs().max()) <= 0.5 + 1e-5
    assert pulses_needed(0.5) == pytest.approx(1 / math.erf(0.5 / math.sqrt(2)))


def test_a_written_cell_stays_within_its_tolerance(drawing):
    cell = Cell(
        technology="reram",
        bits=2,
        programming_noise=Spread(sigma_fraction=0.2),
        write=Write(pulse_s=1e-6, tolerance_fraction=0.05),
    )
    level = torch.full((64, 64), 2, dtype=torch.int32)
    error = programmed(level, 2, cell, drawing((64, 64)), ("slice", 0)).level - 2
    assert float(error.abs().max()) <= 0.15 + 1e-5
    assert float(error.abs().max()) > 0.14
    assert mean_pulses(cell) == pytest.approx(1 / math.erf(0.25 / math.sqrt(2)))


def test_pulses_grow_as_the_tolerance_shrinks_and_stop_at_the_limit():
    counts = [pulses_needed(tolerance, 30) for tolerance in (4.0, 1.0, 0.3, 0.01, 0.0)]
    assert counts == sorted(counts)
    assert counts[0] == pytest.approx(1, abs=1e-3)
    assert counts[-1] == 30
    assert pulses_needed(0.0) == math.inf


@pytest.mark.parametrize("tails", ["clipped", "redrawn"])
def test_tails_end_where_they_should(tails):
    spread = Spread(sigma_fraction=0.1, within_sigmas=1.5, tails=tails)
    found = cut(normal(), spread)
    assert float(found.abs().max()) == pytest.approx(1.5, abs=1e-3)
    at_the_end = float((found.abs() > 1.499).float().mean())
    assert at_the_end == pytest.approx(math.erfc(1.5 / math.sqrt(2)), rel=0.05) if tails == "clipped" else 0.01
    if tails == "redrawn":
        accepted = normal(seed=3)
        accepted = accepted[accepted.abs() < 1.5]
        assert float(found.std()) == pytest.approx(float(accepted.std()), rel=0.01)


@given(
    mean=st.floats(0, 10),
    sigma=st.floats(0, 5),
    within=st.none() | st.floats(0.5, 4),
    tails=st.sampled_from(["clipped", "redrawn"]),
)
def test_moments_of_what_is_left_above_zero_are_integrals(mean, sigma, within, tails):
    spread = Spread(sigma_fraction=0.5, within_sigmas=within, tails=tails)
    z = torch.linspace(-9, 9, 200_001, dtype=torch.float64)
    if within is not None and tails == "redrawn":
        z = torch.linspace(-within, within, 200_001, dtype=torch.float64)
    weight = torch.exp(-z.square() / 2)
    weight[[0, -1]] /= 2
    weight /= weight.sum()
    cell = (mean + sigma * (z if within is None else z.clamp(-within, within))).clamp(min=0)
    first = float((weight * cell).sum())
    second = float((weight * (cell - first) ** 2).sum())
    found = clipped_normal_moments(torch.tensor(mean, dtype=torch.float64), sigma, spread)
    assert float(found[0]) == pytest.approx(first, rel=1e-5, abs=1e-5 * (sigma + 1e-9))
    assert float(found[1]) == pytest.approx(second, rel=1e-4, abs=1e-5 * (sigma**2 + 1e-9))


def test_noise_far_from_zero_and_no_noise_at_all():
    mean = torch.tensor([100.0, 0.0, 3.0])
    found = clipped_normal_moments(mean, torch.tensor([1e-3, 0.0, 0.0]))
    torch.testing.assert_close(found[0], mean)
    torch.testing.assert_close(found[1], torch.tensor([1e-6, 0.0, 0.0]))
