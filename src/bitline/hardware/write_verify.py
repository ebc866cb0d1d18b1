"""Programming with verification: pulses are repeated until a cell reads within a tolerance of its target.

Every pulse sets the cell anew, with the deviation of one pulse. It is accepted with the chance p of the normal law, so
that without a limit 1/p pulses are needed, and (1 - (1 - p)**N) / p of at most N.
"""

from __future__ import annotations

import math

from bitline.hardware.cell import Cell, Spread
from bitline.hardware.law import Law, argument_share, law_at, law_value, value_share


def least_share(cell: Cell) -> float:
    """Give g_min as a share of g_max."""
    return 0.0 if cell.on_off_ratio is None else 1.0 / cell.on_off_ratio


def sigma_share(spread: Spread, cell: Cell, share: float, seconds: float = 0.0) -> float:
    """Give the standard deviation, as a share of g_max, of a cell at `share` of g_max. Growth by flicker left out."""
    unit = share if spread.of == "state" else 1.0 - least_share(cell)
    law = law_of_spread(spread, seconds)
    if law is not None:
        value = law_value(law, share / argument_share(law, cell.g_max_siemens))
        worth = value_share(law, cell.g_max_siemens)
        return max(0.0, value * (unit if worth is None else worth))
    if spread.states_fraction:
        place = (share - least_share(cell)) / (1.0 - least_share(cell)) * (len(spread.states_fraction) - 1)
        return _interpolated(spread.states_fraction, place) * unit
    return spread.sigma_fraction * unit


def law_of_spread(spread: Spread, seconds: float) -> Law | None:
    """Give the law of a spread at an age; None if it has none."""
    return spread.law if spread.course is None else law_at(spread.course, seconds)


def accepted_fraction(tolerance_sigmas: float) -> float:
    """Give the chance that one pulse lands within the tolerance."""
    return math.erf(tolerance_sigmas / math.sqrt(2.0))


def pulses_needed(tolerance_sigmas: float, most_pulses: int | None = None) -> float:
    """Give the mean number of pulses until one is accepted; infinite if none ever is."""
    accepted = accepted_fraction(tolerance_sigmas)
    if not accepted:
        return math.inf if most_pulses is None else float(most_pulses)
    if most_pulses is None:
        return 1.0 / accepted
    # log1p and expm1 keep a small chance of acceptance from vanishing beside 1.
    return 1.0 if accepted == 1.0 else -math.expm1(most_pulses * math.log1p(-accepted)) / accepted


def mean_pulses(cell: Cell) -> float:
    """Give the pulses a cell takes, its states equally used: from the loop if it has a tolerance, else as stated."""
    write, noise = cell.write, cell.programming_noise
    if write is None:
        return 1.0
    if write.tolerance_fraction is None or noise is None:
        return write.pulses
    floor = least_share(cell)
    # More states than this change nothing.
    states = min(2**cell.bits, 4097)
    shares = (floor + (1.0 - floor) * state / (states - 1) for state in range(states))
    sigmas = [sigma_share(noise, cell, share) for share in shares]
    tolerance = write.tolerance_fraction * (1.0 - floor)
    needed = [1.0 if sigma == 0 else pulses_needed(tolerance / sigma, write.most_pulses) for sigma in sigmas]
    return sum(needed) / len(needed)


def _interpolated(corners: tuple[float, ...], place: float) -> float:
    place = min(max(place, 0.0), len(corners) - 1.0)
    left = min(int(place), len(corners) - 2) if len(corners) > 1 else 0
    right = min(left + 1, len(corners) - 1)
    return corners[left] + (corners[right] - corners[left]) * (place - left)
