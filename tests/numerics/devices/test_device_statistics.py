"""Programmed cells, counted: their mean, spread and drift are those of the published laws."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from bitline.hardware import Cell, Drift, Spread
from bitline.hardware.library import part_names
from bitline.numerics.devices import Age, conductance_statistics, off_level, programmed

CELLS = 100_000
STATES = (0, 1, 8, 32, 64, 100, 127)
SIGMAS = 4.5
"""Of the estimate itself: two in a hundred thousand honest ones lie beyond."""


def conductances_us(cell, level, bits):
    g_max = cell.g_max_siemens * 1e6
    full = 2**bits - 1 + off_level(cell, bits)
    return (level.double() + off_level(cell, bits)) / full * g_max


def agree(sample, mean, sigma):
    """Hold mean and deviation of a normal sample against what they should be."""
    count = len(sample)
    assert float(sample.mean()) == pytest.approx(mean, abs=SIGMAS * sigma / math.sqrt(count) + 1e-9)
    assert float(sample.std()) == pytest.approx(sigma, rel=SIGMAS / math.sqrt(2 * count) + 1e-5)


@pytest.fixture(scope="module", params=["pcm-joshi", "pcm-hermes"])
def chip(request, cell_of, drawing):
    """One device of many cells per state, its target conductances in uS, and its cells at several ages."""
    cell = cell_of(request.param, read_noise=None, on_off_ratio=100.0)
    level = torch.tensor(STATES, dtype=torch.int32).unsqueeze(1).expand(-1, CELLS).contiguous()
    draw = drawing(tuple(level.shape), seed=7)
    target = conductances_us(cell, torch.tensor(STATES), 7)
    ages = {t: programmed(level, 7, cell, draw, ("slice", 0), Age(seconds=t)) for t in (0.0, 3600.0, 2.592e6)}
    return cell, target, {t: conductances_us(cell, found.level, 7) for t, found in ages.items()}


def test_programming_has_the_published_mean_and_spread(chip):
    cell, target, cells = chip
    told = conductance_statistics(cell, target * 1e-6)
    for state, g in enumerate(target.tolist()):
        sigma = float(told.programming_siemens[state]) * 1e6
        if g > 5 * sigma:
            agree(cells[0.0][state], g, sigma)
        else:
            # Near zero conductance is clipped: what lies above the target is still half a normal distribution.
            above = cells[0.0][state][cells[0.0][state] > g] - g
            assert len(above) / CELLS == pytest.approx(0.5, abs=SIGMAS * 0.5 / math.sqrt(CELLS))
            assert float(above.square().mean()) == pytest.approx(sigma**2, rel=SIGMAS * math.sqrt(4 / CELLS))
    assert float(cells[0.0].min()) >= -1e-6


@pytest.mark.parametrize("seconds", [3600.0, 2.592e6])
def test_every_cell_drifts_with_its_own_exponent(chip, seconds):
    cell, target, cells = chip
    told = conductance_statistics(cell, target * 1e-6)
    since = cell.drift.power.since_s
    for state, g in enumerate(target.tolist()):
        alive = cells[0.0][state] > 0.05 * g
        nu = -torch.log(cells[seconds][state][alive] / cells[0.0][state][alive]) / math.log1p(seconds / since)
        mean, sigma = float(told.exponent_mean[state]), float(told.exponent_sigma[state])
        if mean > 4.5 * sigma:
            agree(nu, mean, sigma)
        else:  # |N(mean, sigma)|
            agree_folded(nu, mean, sigma)


def agree_folded(sample, mean, sigma):
    h = mean / sigma
    folded = sigma * math.sqrt(2 / math.pi) * math.exp(-h * h / 2) + mean * math.erf(h / math.sqrt(2))
    assert float(sample.mean()) == pytest.approx(folded, abs=SIGMAS * sigma / math.sqrt(len(sample)))
    assert float(sample.square().mean()) == pytest.approx(mean**2 + sigma**2, rel=SIGMAS * 2.5 / math.sqrt(len(sample)))


def test_a_cell_keeps_its_errors_while_it_ages(chip):
    """Unlike in aihwkit, which re-derives conductances and forgets what off cells were programmed to."""
    _, _, cells = chip
    exponents = [
        torch.log(cells[0.0][3] / cells[t][3]) / math.log1p(t / s)
        for t, s in ((3600.0, chip[0].drift.power.since_s), (2.592e6, chip[0].drift.power.since_s))
    ]
    torch.testing.assert_close(exponents[0], exponents[1], rtol=1e-3, atol=1e-5)
    off = cells[0.0][0]
    assert float((off > 0).float().mean()) > 0.5
    assert float(((cells[2.592e6][0] > 0) == (off > 0)).float().mean()) == 1.0


def test_reading_has_the_published_flicker(cell_of, drawing):
    cell = cell_of("pcm-joshi", programming_noise=None)
    level = torch.tensor(STATES, dtype=torch.int32).unsqueeze(0)
    target = conductances_us(cell, torch.tensor(STATES), 7) * 1e-6
    for seconds in (0.0, 86400.0):
        found = programmed(level, 7, cell, lambda _: torch.zeros(1, len(STATES)), ("slice",), Age(seconds=seconds))
        told = conductance_statistics(cell, target, Age(seconds=seconds))
        in_levels = (127 + off_level(cell, 7)) / cell.g_max_siemens
        high = slice(3, None)
        # Far from zero nothing is clipped, so that the variance is the published one.
        torch.testing.assert_close(
            found.variance[0, high].double(), (told.read_siemens[high] * in_levels) ** 2, rtol=1e-4, atol=0
        )
        assert float(found.variance[0, 0]) < float((told.read_siemens[0] * in_levels) ** 2)


def test_off_cells_have_the_mean_and_variance_of_clipped_noise(drawing):
    cell = Cell(technology="reram", read_noise=Spread(sigma_fraction=0.1))
    level = torch.zeros(1, 4, dtype=torch.int32)
    found = programmed(level, 1, cell, drawing((1, 4)), ("slice",))
    torch.testing.assert_close(found.level, torch.full((1, 4), 0.1 / math.sqrt(2 * math.pi)))
    torch.testing.assert_close(found.variance, torch.full((1, 4), 0.01 * (0.5 - 0.5 / math.pi)))


@pytest.mark.parametrize("name", part_names("cell"))
@pytest.mark.parametrize("seconds", [0.0, 1e5, 4e5])
def test_cells_of_every_part_are_as_their_statistics_say(cell_of, drawing, name, seconds):
    cell = cell_of(name, read_noise=None)
    cell = replace(cell, g_max_siemens=cell.g_max_siemens or 1e-6)
    if cell.drift and cell.drift.power:
        # Without the spread of exponents all cells of a target drift alike, and statistics are exact.
        cell = replace(cell, drift=Drift(power=replace(cell.drift.power, exponent_sigma=None)))
    top, age = 2**cell.bits - 1, Age(seconds=seconds)
    for state in sorted({0, top // 2, top}):
        level = torch.full((200, 200), state, dtype=torch.int32)
        found = programmed(level, cell.bits, cell, drawing((200, 200)), ("s", state), age)
        sample = conductances_us(cell, found.level, cell.bits).flatten()
        told = conductance_statistics(cell, conductances_us(cell, torch.tensor(float(state)), cell.bits) * 1e-6, age)
        mean, first = float(told.mean_siemens) * 1e6, cell.g_max_siemens * 1e6
        decay = (
            math.exp(-float(told.exponent_mean) * math.log1p(seconds / cell.drift.power.since_s))
            if (cell.drift and cell.drift.power)
            else 1.0
        )
        sigma = math.hypot(float(told.programming_siemens) * decay, told.relaxation_siemens) * 1e6
        if mean > SIGMAS * sigma > 1e-6 * first:
            agree(sample, mean, sigma)
        elif not sigma:
            assert float(sample.mean()) == pytest.approx(mean, rel=1e-5, abs=1e-6 * first)
