"""Cells whose current is not proportional to their voltage."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from bitline.errors import outside

Floats = NDArray[np.float64]


class Curve(ABC):
    """Current against voltage of every cell `[outputs, inputs]` of one array; 0 at 0 V."""

    @property
    @abstractmethod
    def cells_siemens(self) -> Floats:
        """The conductance of each cell near 0 V."""

    @abstractmethod
    def current_a(self, volts: Floats) -> Floats:
        """Give the current at these voltages `[batch, outputs, inputs]`."""

    @abstractmethod
    def slope_siemens(self, volts: Floats) -> Floats:
        """Give the differential conductance at these voltages."""

    @abstractmethod
    def least_slope_siemens(self, limit_v: float) -> float:
        """Give the smallest differential conductance of any cell between -limit_v and limit_v."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Polynomial(Curve):
    """I = G V + a V^2 + b V^3."""

    siemens: Floats
    quadratic: Floats
    """a, in A/V^2."""
    cubic: Floats
    """b, in A/V^3."""

    @property
    def cells_siemens(self) -> Floats:
        """G."""
        return self.siemens

    def current_a(self, volts: Floats) -> Floats:
        """Give the current at these voltages."""
        return ((self.cubic * volts + self.quadratic) * volts + self.siemens) * volts

    def slope_siemens(self, volts: Floats) -> Floats:
        """Give the differential conductance at these voltages."""
        return (3.0 * self.cubic * volts + 2.0 * self.quadratic) * volts + self.siemens

    def least_slope_siemens(self, limit_v: float) -> float:
        """Look at both limits and, where it lies between them, at the turning point."""
        with np.errstate(divide="ignore", invalid="ignore"):
            turn = np.nan_to_num(-self.quadratic / (3.0 * self.cubic), nan=0.0, posinf=0.0, neginf=0.0)
        places = (np.full_like(turn, -limit_v), np.full_like(turn, limit_v), np.clip(turn, -limit_v, limit_v))
        return float(min(self.slope_siemens(place).min() for place in places))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class HyperbolicSine(Curve):
    """I = G v sinh(V / v), as tunnelling through a thin barrier is usually written (recalled)."""

    siemens: Floats
    bend_v: float
    """v: a sixth more current than G V at this voltage."""

    @property
    def cells_siemens(self) -> Floats:
        """G."""
        return self.siemens

    def current_a(self, volts: Floats) -> Floats:
        """Give the current at these voltages."""
        return self.siemens * (self.bend_v * np.sinh(volts / self.bend_v))

    def slope_siemens(self, volts: Floats) -> Floats:
        """Give the differential conductance at these voltages."""
        return self.siemens * np.cosh(volts / self.bend_v)

    def least_slope_siemens(self, limit_v: float) -> float:  # noqa: ARG002
        """At 0 V."""
        return float(self.siemens.min())


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class InSeries(Curve):
    """Cells of any rising curve, each with a resistance in series: together one cell again, of another curve."""

    inner: Curve
    ohm: float

    @property
    def cells_siemens(self) -> Floats:
        """Of cell and resistance together."""
        siemens = self.inner.cells_siemens
        return siemens / (1.0 + self.ohm * siemens)

    def current_a(self, volts: Floats) -> Floats:
        """Give the current at these voltages, right to rounding."""
        return self.inner.current_a(self._across_inner_v(volts))

    def slope_siemens(self, volts: Floats) -> Floats:
        """Give the differential conductance at these voltages."""
        slope = self.inner.slope_siemens(self._across_inner_v(volts))
        return slope / (1.0 + self.ohm * slope)

    def least_slope_siemens(self, limit_v: float) -> float:
        """Bounded by that of the cells alone, which never see more voltage."""
        slope = self.inner.least_slope_siemens(limit_v)
        return slope / (1.0 + self.ohm * max(slope, 0.0))

    def _across_inner_v(self, volts: Floats) -> Floats:
        """Solve v + R I(v) = V by Newton steps kept between bounds; the left side rises by 1 or more per volt."""
        volts = np.broadcast_to(volts, np.broadcast_shapes(np.shape(volts), self.inner.cells_siemens.shape))
        low, high = np.minimum(volts, 0.0), np.maximum(volts, 0.0)
        inner = volts / (1.0 + self.ohm * self.inner.cells_siemens)
        for _ in range(100):
            excess = inner + self.ohm * self.inner.current_a(inner) - volts
            low, high = np.where(excess < 0, inner, low), np.where(excess > 0, inner, high)
            better = inner - excess / (1.0 + self.ohm * self.inner.slope_siemens(inner))
            better = np.where((better < low) | (better > high), 0.5 * (low + high), better)
            settled = np.abs(better - inner).max(initial=0.0) <= 1e-15 * np.abs(volts).max(initial=0.0)
            inner = better
            if settled:
                break
        return inner


def ohmic(cells_siemens: Floats) -> Curve:
    """Give cells of constant conductance as a curve."""
    zero = np.zeros_like(cells_siemens)
    return Polynomial(siemens=cells_siemens, quadratic=zero, cubic=zero)


def hafnium_oxide(cells_siemens: Floats) -> Curve:
    """Give ReRAM cells of 50 to 225 microsiemens by the fit to Milo et al., IRPS 2021, as CrossSim 3.2 codes it.

    Its two polynomials in log10(G / S) hold up to 0.5 V (second-hand).
    Raises `ConfigError` for a cell of no conductance, which has no logarithm.
    """
    if not (cells_siemens > 0).all():
        raise outside("cells_siemens", float(cells_siemens.min()), 50e-6, 225e-6, "S", where="hafnium oxide")
    decades = np.log10(cells_siemens)
    return Polynomial(
        siemens=cells_siemens,
        quadratic=_polynomial([1.388e-4, 1.541e-3, 5.711e-3, 7.063e-3], decades),
        cubic=_polynomial([8.8710e-5, 6.7919e-4, 1.2968e-3], decades),
    )


def _polynomial(highest_first: list[float], place: Floats) -> Floats:
    value = np.zeros_like(place)
    for factor in highest_first:
        value = value * place + factor
    return value
