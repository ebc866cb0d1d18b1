"""What can be said of cells before any is programmed: whether they stray, and how far at most.

Cells are programmed to no more than six standard deviations from their mean (of a thousand million normal numbers two
lie beyond), and are taken to live ten years and between -40 and 125 degrees Celsius.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from bitline.hardware import Cell, Spread
from bitline.hardware.drift import conductance_factor
from bitline.hardware.write_verify import least_share
from bitline.numerics.devices.age import NEW, Age
from bitline.numerics.devices.deviation import deviations, strays
from bitline.numerics.devices.drifting import relaxation_siemens
from bitline.numerics.devices.stuck import fails
from bitline.numerics.devices.window import Window
from bitline.numerics.devices.writing import mean_shares, sigma_shares

SIGMAS = 6.0
_OLDEST_S = 10 * 365.25 * 86400.0
_COLDEST_K, _HOTTEST_K = 233.15, 398.15
_STATES = 1025
_SLACK = 1.02
"""Between the states that are looked at a deviation may be a little larger."""


def is_ideal(cell: Cell, age: Age = NEW) -> bool:
    """Say whether every cell has just the level that was meant, on average over reads.

    Read noise does not change that unless a conductance comes close to zero, where it cannot fall below.
    """
    return not (strays(cell.programming_noise) or cell.table or fails(cell.faults) or _moves(cell, age)) and (
        frozen(cell) is None and not _clips(cell, age)
    )


def reads_noisily(cell: Cell) -> bool:
    """Say whether reading the same cells twice gives different sums."""
    return strays(cell.read_noise) and frozen(cell) is None


def frozen(cell: Cell) -> Spread | None:
    """Give the read noise of cells whose one stored read is replayed for ever; None if there is no such noise."""
    return cell.read_noise if strays(cell.read_noise) and cell.read_noise and cell.read_noise.replays == 1 else None


@lru_cache(maxsize=256)
def reach(cell: Cell, bits: int) -> float:
    """Give a bound on what a cell holds, up or down, in levels of a slice of `bits` bits; never below the top level."""
    window = Window(cell, bits)
    ends = [_ends(cell, _shares(cell, bits), age) for age in _ages(cell)]
    lowest, highest = min(low for low, _ in ends), max(high for _, high in ends)
    return max(window.top, highest * window.full - window.off, window.off - lowest * window.full)


@lru_cache(maxsize=256)
def variance_reach(cell: Cell, bits: int, age: Age = NEW) -> float:
    """Give a bound on the variance of one read of a cell at an age, in squared levels; 0 if reads are noiseless."""
    if not reads_noisily(cell) or cell.read_noise is None:
        return 0.0
    window = Window(cell, bits)
    highest = (reach(cell, bits) + window.off) / window.full
    shares = torch.linspace(0.0, highest, _STATES, dtype=torch.float64)
    sigma = deviations(cell.read_noise, cell, shares, shares, age.seconds)
    return float((sigma.max() * window.full * _SLACK) ** 2)


def constant_variance(cell: Cell, bits: int, age: Age = NEW) -> float | None:
    """Give the variance of one read if it is the same for every cell, in squared levels; None if it is not.

    It is for a plain share of the range, on cells that even off are too far from zero to feel it.
    """
    noise = cell.read_noise
    if noise is None or not reads_noisily(cell) or noise.of != "range" or not noise.sigma_fraction:
        return None
    if not is_ideal(cell, age):
        return None
    shares = torch.tensor([1.0], dtype=torch.float64)
    sigma = float(deviations(noise, cell, shares, shares, age.seconds))
    return (sigma * Window(cell, bits).full) ** 2 if noise.within_sigmas is None else None


def _moves(cell: Cell, age: Age) -> bool:
    drift = cell.drift
    if cell.read_disturb is not None and age.reads > 0:
        return True
    if conductance_factor(cell.temperature, age.kelvin) != 1.0:
        return True
    if drift is None:
        return False
    leaks = drift.leak is not None and bool(age.tokens or age.seconds)
    return drift.shift is not None or leaks or (age.seconds > 0 and bool(drift.power or drift.logarithmic))


def _clips(cell: Cell, age: Age) -> bool:
    """Say whether read noise takes a state, programmed without error, down to zero."""
    if cell.read_noise is None or not strays(cell.read_noise):
        return False
    shares = _shares(cell, cell.bits)
    sigma = deviations(cell.read_noise, cell, shares, shares, age.seconds)
    return bool((sigma * _sigmas(cell.read_noise) > shares).any())


def _shares(cell: Cell, bits: int) -> Tensor:
    return torch.linspace(least_share(cell), 1.0, min(2**bits, _STATES), dtype=torch.float64)


def _ends(cell: Cell, shares: Tensor, age: Age) -> tuple[float, float]:
    """Give the smallest and the largest share of g_max that cells meant for `shares` have at an age."""
    error = _largest_error(cell, shares, age)
    mean = mean_shares(cell, shares, age.seconds)
    heat = conductance_factor(cell.temperature, age.kelvin)
    highest, lowest = (mean + error) * heat, (mean - error).clamp(min=0.0) * heat
    if cell.drift is not None and cell.drift.logarithmic is not None and cell.g_max_siemens:
        change, spread = relaxation_siemens(cell.drift.logarithmic, age.seconds)
        highest = highest + (change + SIGMAS * spread) * heat / cell.g_max_siemens
    if (still := frozen(cell)) is not None:
        highest = highest + _sigmas(still) * deviations(still, cell, highest, highest, age.seconds)
    drifts = cell.drift is not None or still is not None or (cell.read_noise is not None and _clips(cell, age))
    return 0.0 if drifts else float(lowest.min()), float(highest.max())


def _largest_error(cell: Cell, shares: Tensor, age: Age) -> Tensor:
    noise, write = cell.programming_noise, cell.write
    error = sigma_shares(cell, shares, age.seconds) * (SIGMAS if noise is None else _sigmas(noise))
    if write is None or write.tolerance_fraction is None or write.most_pulses is not None:
        return error
    return error.clamp(max=write.tolerance_fraction * (1.0 - least_share(cell)))


def _sigmas(spread: Spread) -> float:
    return min(SIGMAS, spread.within_sigmas or SIGMAS)


def _ages(cell: Cell) -> list[Age]:
    courses = [cell.programming_noise.course if cell.programming_noise else None]
    courses.append(cell.drift.shift if cell.drift else None)
    seconds = {0.0, 1.0, _OLDEST_S, *(cell.table.seconds if cell.table else ())}
    seconds |= {snapshot.seconds for course in courses if course for snapshot in course.at}
    kelvins = [_COLDEST_K, _HOTTEST_K] if cell.temperature else [NEW.kelvin]
    return [Age(seconds=one, kelvin=kelvin) for one in sorted(seconds) for kelvin in kelvins]
