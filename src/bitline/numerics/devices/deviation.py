"""The standard deviation that a spread of the description gives to cells, on tensors."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bitline.hardware import Cell, Spread
from bitline.hardware.law import argument_share, value_share
from bitline.hardware.write_verify import law_of_spread, least_share
from bitline.numerics.devices.laws import interpolated, law_values


def deviations(spread: Spread, cell: Cell, present: Tensor, programmed: Tensor, seconds: float) -> Tensor:
    """Give the standard deviation of cells at `present` share of g_max, itself as a share of g_max.

    `programmed` is what they had before any drift; `seconds` is their age.
    """
    argument = programmed if spread.law_of == "programmed" else present
    unit = present if spread.of == "state" else torch.full_like(present, 1.0 - least_share(cell))
    law = law_of_spread(spread, seconds)
    if law is not None:
        values = law_values(law, argument / argument_share(law, cell.g_max_siemens))
        worth = value_share(law, cell.g_max_siemens)
        sigma = values * (unit if worth is None else worth)
    elif spread.states_fraction:
        floor, states = least_share(cell), spread.states_fraction
        corners = tuple(floor + (1.0 - floor) * i / max(1, len(states) - 1) for i in range(len(states)))
        sigma = interpolated(corners, states, argument) * unit
    else:
        sigma = unit * spread.sigma_fraction
    return sigma.clamp_(min=0.0).mul_(growth(spread, seconds))


def growth(spread: Spread, seconds: float) -> float:
    """Give what 1/f noise multiplies the deviation with at an age."""
    if spread.flicker is None:
        return 1.0
    read_s = spread.flicker.read_s
    logarithm = math.log((seconds + spread.flicker.since_s + read_s) / (2.0 * read_s))
    return math.sqrt(max(0.0, logarithm))


def strays(spread: Spread | None) -> bool:
    """Say whether there is any error at all."""
    if spread is None:
        return False
    return spread.law is not None or spread.course is not None or any((spread.sigma_fraction, *spread.states_fraction))
