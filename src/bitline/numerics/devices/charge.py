"""Noise of charge that is shared between capacitors."""

from __future__ import annotations

from bitline.errors import outside

BOLTZMANN_J_PER_K = 1.380649e-23
"""Exact, SI."""


def sampling_variance(*, capacitors: int, capacitance_farad: float, volts: float, kelvin: float = 300.0) -> float:
    """Give the thermal noise of one conversion that connects so many equal capacitors, in squared full levels.

    A full level is one capacitor's charge C V. Each capacitor keeps a charge of variance k T C when its switch opens,
    so that N of them add N k T C, that is N k T / (C V**2) squared levels. Raises `ConfigError` for what is not
    positive.
    """
    given = (("capacitors", capacitors), ("capacitance_farad", capacitance_farad), ("volts", volts))
    for name, value in given:
        if not value > 0:
            raise outside(name, value, 0.0, float("inf"), "")
    return capacitors * BOLTZMANN_J_PER_K * kelvin / (capacitance_farad * volts**2)
