"""Cells whose current is not proportional to their voltage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from bitline.errors import outside

Floats = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """I = G V + a V^2 + b V^3 for every cell of one array `[outputs, inputs]`."""

    siemens: Floats
    quadratic: Floats
    """a, in A/V^2."""
    cubic: Floats
    """b, in A/V^3."""

    def current_a(self, volts: Floats) -> Floats:
        """Give the current at these voltages `[batch, outputs, inputs]`."""
        return ((self.cubic * volts + self.quadratic) * volts + self.siemens) * volts

    def slope_siemens(self, volts: Floats) -> Floats:
        """Give the differential conductance at these voltages."""
        return (3.0 * self.cubic * volts + 2.0 * self.quadratic) * volts + self.siemens

    def least_slope_siemens(self, limit_v: float) -> float:
        """Give the smallest differential conductance of any cell between -limit_v and limit_v."""
        with np.errstate(divide="ignore", invalid="ignore"):
            turn = np.nan_to_num(-self.quadratic / (3.0 * self.cubic), nan=0.0, posinf=0.0, neginf=0.0)
        places = (np.full_like(turn, -limit_v), np.full_like(turn, limit_v), np.clip(turn, -limit_v, limit_v))
        return float(min(self.slope_siemens(place).min() for place in places))


def ohmic(cells_siemens: Floats) -> Curve:
    """Give cells of constant conductance as a curve."""
    zero = np.zeros_like(cells_siemens)
    return Curve(siemens=cells_siemens, quadratic=zero, cubic=zero)


def hafnium_oxide(cells_siemens: Floats) -> Curve:
    """Give ReRAM cells of 50 to 225 microsiemens by the fit to Milo et al., IRPS 2021, as CrossSim 3.2 codes it.

    Its two polynomials in log10(G / S) hold up to 0.5 V (second-hand).
    Raises `ConfigError` for a cell of no conductance, which has no logarithm.
    """
    if not (cells_siemens > 0).all():
        raise outside("cells_siemens", float(cells_siemens.min()), 50e-6, 225e-6, "S", where="hafnium oxide")
    decades = np.log10(cells_siemens)
    return Curve(
        siemens=cells_siemens,
        quadratic=_polynomial([1.388e-4, 1.541e-3, 5.711e-3, 7.063e-3], decades),
        cubic=_polynomial([8.8710e-5, 6.7919e-4, 1.2968e-3], decades),
    )


def _polynomial(highest_first: list[float], place: Floats) -> Floats:
    value = np.zeros_like(place)
    for factor in highest_first:
        value = value * place + factor
    return value
