"""What age makes of a programmed conductance, kind by kind; conductances in levels counted from no conductance."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bitline.hardware import Cell
from bitline.hardware.drift import Leak, LogarithmicDrift, PowerDrift, conductance_factor
from bitline.hardware.law import Law, argument_share
from bitline.numerics.chance import Key
from bitline.numerics.devices.age import Age
from bitline.numerics.devices.draw import Draw
from bitline.numerics.devices.laws import law_values
from bitline.numerics.devices.window import Window


def aged(now: Tensor, level: Tensor, window: Window, draw: Draw, which: Key, age: Age) -> Tensor:
    """Let programmed cells drift and warm up; `now` is changed in place. `age.seconds` counts at the reference."""
    drift = window.cell.drift
    if drift is not None and drift.power is not None and age.seconds > 0:
        now.mul_(_power(drift.power, level, window, draw, (*which, "drift"), age.seconds))
    if drift is not None and drift.logarithmic is not None and age.seconds > 0:
        mean, sigma = relaxation_siemens(drift.logarithmic, age.seconds)
        in_levels = window.full / (window.cell.g_max_siemens or 1.0)
        now.add_(draw((*which, "relax")), alpha=sigma * in_levels).add_(mean * in_levels).clamp_(min=0.0)
    if drift is not None and drift.leak is not None:
        rest = window.off + drift.leak.rest_fraction * window.top
        now.sub_(rest).mul_(kept(drift.leak, age)).add_(rest)
    return now.mul_(conductance_factor(window.cell.temperature, age.kelvin))


def exponents(drift: PowerDrift, cell: Cell, target: Tensor) -> tuple[Tensor, Tensor]:
    """Give mean and standard deviation of the drift exponent of cells meant for `target` share of g_max."""

    def at(law: Law) -> Tensor:
        return law_values(law, target / argument_share(law, cell.g_max_siemens))

    sigma = torch.zeros_like(target) if drift.exponent_sigma is None else at(drift.exponent_sigma).clamp_(min=0.0)
    return at(drift.exponent_mean), sigma


def elapsed(drift: PowerDrift, seconds: float) -> float:
    """Give the logarithm of the time since programming over that at age 0."""
    return math.log1p(seconds / drift.since_s)


def relaxation_siemens(drift: LogarithmicDrift, seconds: float) -> tuple[float, float]:
    """Give mean and standard deviation of the change of conductance at an age."""
    if seconds <= 0:
        return 0.0, 0.0
    logarithm = math.log(seconds)
    sigma = max(0.0, drift.sigma_siemens + drift.sigma_per_ln_siemens * logarithm)
    return drift.mean_per_ln_siemens * logarithm, sigma


def kept(leak: Leak, age: Age) -> float:
    """Give the share of the distance to the rest that is left."""
    lost = age.tokens * leak.per_token_fraction
    return math.exp(-lost - (age.seconds / leak.tau_s if leak.tau_s else 0.0))


def _power(drift: PowerDrift, level: Tensor, window: Window, draw: Draw, which: Key, seconds: float) -> Tensor:
    cell = window.cell
    exponent = window.by_state(level, lambda share: exponents(drift, cell, share)[0])
    if drift.exponent_sigma is not None:
        sigma = window.by_state(level, lambda share: exponents(drift, cell, share)[1])
        exponent.addcmul_(sigma, draw(which))
    return exponent.abs_().mul_(-elapsed(drift, seconds)).exp_()
