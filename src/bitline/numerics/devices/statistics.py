"""What a cell's description says of conductances, exact and not sampled: to print a device, and to check it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.errors import missing
from bitline.hardware import Cell
from bitline.hardware.drift import conductance_factor, effective_seconds
from bitline.hardware.write_verify import least_share
from bitline.numerics.devices.age import NEW, Age
from bitline.numerics.devices.deviation import deviations
from bitline.numerics.devices.drifting import elapsed, exponents, kept, relaxation_siemens
from bitline.numerics.devices.writing import mean_shares, sigma_shares


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Of cells meant for some conductances, in the shape of those; tails not cut, nothing clipped at zero but means."""

    programming_siemens: Tensor
    """Standard deviation between cells that programming leaves, as it is at this age before power-law drift."""
    exponent_mean: Tensor
    """Of power-law drift; 0 without."""
    exponent_sigma: Tensor
    relaxation_siemens: float
    """Standard deviation that logarithmic drift adds."""
    mean_siemens: Tensor
    """Conductance at this age of a cell without error whose drift exponent is the mean."""
    read_siemens: Tensor
    """Standard deviation of one read of that cell."""


def conductance_statistics(cell: Cell, g_siemens: Tensor, age: Age = NEW) -> Statistics:
    """Give the statistics of cells meant for conductances `g_siemens`, at an age; float64.

    Raises `ConfigError` if the cell does not say what g_max is.
    """
    g_max = cell.g_max_siemens
    if g_max is None:
        raise missing("cell.g_max_siemens", "the conductance of the highest level, to speak of conductances")
    target = torch.as_tensor(g_siemens, dtype=torch.float64) / g_max
    seconds = effective_seconds(cell.temperature, age.seconds, age.kelvin)
    first = mean_shares(cell, target, seconds)
    mean = first.clone()
    exponent_mean = exponent_sigma = torch.zeros_like(target)
    drift, spread = cell.drift, 0.0
    if drift is not None and drift.power is not None:
        exponent_mean, exponent_sigma = exponents(drift.power, cell, target)
        mean = mean * torch.exp(-exponent_mean * elapsed(drift.power, seconds))
    if drift is not None and drift.logarithmic is not None:
        change, spread = relaxation_siemens(drift.logarithmic, seconds)
        mean = (mean + change / g_max).clamp(min=0.0)
    if drift is not None and drift.leak is not None:
        rest = least_share(cell) + drift.leak.rest_fraction * (1.0 - least_share(cell))
        mean = rest + (mean - rest) * kept(drift.leak, Age(seconds=seconds, tokens=age.tokens))
    mean = mean * conductance_factor(cell.temperature, age.kelvin)
    noise = cell.read_noise
    read = torch.zeros_like(mean) if noise is None else deviations(noise, cell, mean, first, age.seconds)
    return Statistics(
        programming_siemens=sigma_shares(cell, target, seconds) * g_max,
        exponent_mean=exponent_mean,
        exponent_sigma=exponent_sigma,
        relaxation_siemens=spread,
        mean_siemens=mean * g_max,
        read_siemens=read * g_max,
    )
