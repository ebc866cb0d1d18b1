"""What time and heat do to a conductance after it was programmed. The kinds a cell has apply one after the other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

from bitline.hardware.law import Course, Law
from bitline.hardware.quantity import Fraction, NonNegative, Positive

BOLTZMANN_EV_PER_K = 8.617333262e-5
"""CODATA 2018."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PowerDrift:
    """Structural relaxation of phase-change cells: g(t) = g ((t + since) / since)**-nu, nu = |N(mean, sigma)|.

    Every cell has a nu of its own, by the conductance it was meant to have.
    """

    exponent_mean: Law
    """Mean of nu, a plain number."""
    exponent_sigma: Law | None = None
    """Standard deviation of nu between cells, a plain number; absent means that all cells of one target drift alike."""
    since_s: Positive
    """Time from programming to the first read-out, where age 0 lies."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class LogarithmicDrift:
    """Relaxation of filaments: from one age on, mean and spread move in straight lines in the logarithm of time.

    At age t > 0 the conductance changes by mean_per_ln ln t + z max(0, sigma + sigma_per_ln ln t), t in seconds, z a
    standard normal number of the cell.
    """

    mean_per_ln_siemens: float
    sigma_siemens: NonNegative = 0.0
    sigma_per_ln_siemens: float = 0.0


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A stored charge that runs out: the distance to the rest shrinks as exp(-t / tau)."""

    tau_s: Positive | None = None
    """Time constant of the stored value; absent means that only tokens count."""
    per_token_fraction: NonNegative = 0.0
    """Share that is lost with every token processed since, in the exponent: exp(-share tokens)."""
    rest_fraction: Fraction = 0.0
    """Where the value goes, as a share of the range from g_min to g_max."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What age does to a programmed cell; what is not given does not happen."""

    shift: Course | None = None
    """Change of the mean, a function of the target. A value of 1 is the target itself, unless the law says more."""
    power: PowerDrift | None = None
    logarithmic: LogarithmicDrift | None = None
    leak: Leak | None = None


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Temperature:
    """What heat does: it hurries drift along, and changes the conductance itself."""

    reference_k: Positive = 300.0
    """Where the numbers of the cell were measured."""
    activation_ev: NonNegative = 0.0
    """Arrhenius: time counts exp(activation / k (1 / reference - 1 / T)) times as much. 0: heat hurries nothing."""
    conductance_fraction_per_k: float = 0.0
    """Change of every conductance per kelvin above the reference."""


def effective_seconds(temperature: Temperature | None, seconds: float, kelvin: float) -> float:
    """Give the age at the reference temperature that has the same effect as `seconds` at `kelvin`."""
    if temperature is None or not temperature.activation_ev:
        return seconds
    inverse = 1.0 / temperature.reference_k - 1.0 / kelvin
    return seconds * math.exp(temperature.activation_ev / BOLTZMANN_EV_PER_K * inverse)


def conductance_factor(temperature: Temperature | None, kelvin: float) -> float:
    """Give what every conductance is multiplied with at `kelvin`; never negative."""
    if temperature is None:
        return 1.0
    return max(0.0, 1.0 + temperature.conductance_fraction_per_k * (kelvin - temperature.reference_k))
