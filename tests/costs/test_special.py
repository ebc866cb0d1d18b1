"""Special operations: every method is run with the counts it is priced by, and must be as exact as it says."""

from __future__ import annotations

from math import factorial, log2

import numpy as np
import pytest
from numpy.typing import NDArray

from bitline.costs import special
from bitline.costs.technology import ends
from bitline.hardware import Technology

Values = NDArray[np.float64]
AT = Technology(node_nm=22)
SIGNIFICANDS = [4.0, 8.0, 11.0, 24.0]
MANTISSA: Values = np.linspace(1.0, 2.0, 4001)[:-1]


def _relative(ours: Values, exact: Values) -> float:
    return float(np.max(np.abs(ours / exact - 1.0)))


@pytest.mark.parametrize("significand", SIGNIFICANDS)
def test_the_taylor_polynomial_is_of_the_least_degree_that_is_exact_enough(significand: float) -> None:
    t = np.log(2.0) * np.linspace(-0.5, 0.5, 2001)

    def error(degree: int) -> float:
        return _relative(sum((t**d / factorial(d) for d in range(degree + 1)), np.zeros_like(t)), np.exp(t))

    degree = int(special.degree(significand))
    assert error(degree) <= 2.0**-significand
    assert degree == 1 or error(degree - 1) > 0.4 * 2.0**-significand


@pytest.mark.parametrize("significand", SIGNIFICANDS)
def test_newton_reaches_the_reciprocal_and_the_root(significand: float) -> None:
    y = 48 / 17 - 32 / 17 * (MANTISSA / 2)  # the classical line, for mantissas of a half to one
    for _ in range(int(special.newton_steps("reciprocal", significand))):
        y = y * (2.0 - MANTISSA / 2 * y)
    assert _relative(y, 2.0 / MANTISSA) <= 2.0**-significand * 1.0001
    m = np.linspace(1.0, 4.0, 4001)
    y = 1.06638627 - 0.1523409 * m
    for _ in range(int(special.newton_steps("root", significand))):
        y = y * (1.5 - 0.5 * m * y * y)
    assert _relative(y, m**-0.5) <= 2.0**-significand * 1.0001


@pytest.mark.parametrize("significand", SIGNIFICANDS)
def test_the_series_reaches_the_logarithm(significand: float) -> None:
    m = np.linspace(2**-0.5, 2**0.5, 2001)
    s = (m - 1) / (m + 1)
    ours = sum((2 * s ** (2 * k + 1) / (2 * k + 1) for k in range(int(special.logarithm_terms(significand)))), 0 * s)
    assert float(np.max(np.abs(ours - np.log(m)))) <= 2.0**-significand


@pytest.mark.parametrize("significand", SIGNIFICANDS)
@pytest.mark.parametrize("name", special.NAMES)
def test_tables_are_fine_enough_and_not_much_finer(name: special.Name, significand: float) -> None:
    exact, low, high = {
        "exp": (np.exp2, 0.0, 1.0),
        "reciprocal": (lambda m: 1 / m, 1.0, 2.0),
        "root": (lambda m: m**-0.5, 1.0, 4.0),
        "logarithm": (np.log, 1.0, 2.0),
        "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 0.0, np.log(2.0) * (significand + 1)),
    }[name]
    entries = int(special.entries(name, significand))
    at = np.linspace(low, high, 16 * entries + 1)
    knots = np.linspace(low, high, entries + 1)
    error = np.abs(np.interp(at, knots, exact(knots)) - exact(at))
    if name in ("exp", "reciprocal", "root"):
        error = error / exact(at)
    assert float(error.max()) <= 2.0**-significand
    assert log2(entries) == int(log2(entries))
    assert float(error.max()) > 2.0**-significand / 40


def _places(significand: float) -> list[int]:
    """Shifts of the hyperbolic iterations, the 4th and the 13th twice."""
    count, places = int(special.iterations(significand, hyperbolic=True)), []
    place = 1
    while len(places) < count:
        places += [place] * (2 if place in (4, 13) else 1)
        place += 1
    return places[:count]


@pytest.mark.parametrize("significand", SIGNIFICANDS)
def test_cordic_turns_to_the_exponential(significand: float) -> None:
    rest = np.log(2.0) * np.linspace(-0.5, 0.5, 501)
    places = _places(significand)
    gain = np.prod([np.sqrt(1 - 4.0**-place) for place in places])
    x, y, z = np.full_like(rest, 1 / gain), np.zeros_like(rest), rest.copy()
    for place in places:
        sign = np.where(z >= 0, 1.0, -1.0)
        x, y, z = x + sign * y * 2.0**-place, y + sign * x * 2.0**-place, z - sign * np.arctanh(2.0**-place)
    assert _relative(x + y, np.exp(rest)) <= 1.5 * 2.0**-significand


@pytest.mark.parametrize("significand", SIGNIFICANDS)
def test_cordic_divides_a_bit_each_iteration(significand: float) -> None:
    y, z = np.ones_like(MANTISSA), np.zeros_like(MANTISSA)
    for place in range(int(special.iterations(significand, hyperbolic=False))):
        sign = np.where(y >= 0, 1.0, -1.0)
        y, z = y - sign * MANTISSA * 2.0**-place, z + sign * 2.0**-place
    assert float(np.max(np.abs(z - 1 / MANTISSA))) <= 2.0 * 2.0**-significand


@pytest.mark.parametrize("name", special.NAMES)
@pytest.mark.parametrize("bits", [8, 16, 32])
def test_the_envelope_spans_the_methods(name: special.Name, bits: int) -> None:
    figures = [special.energy(name, method, bits, AT) for method in special.METHODS]
    for figure in figures:
        low, high = ends(figure)
        assert all(low <= other.typical <= high for other in figures)


@pytest.mark.parametrize("method", special.METHODS)
def test_more_bits_take_more(method: special.Method) -> None:
    for name in special.NAMES:
        energies = [special.energy(name, method, bits, AT).typical for bits in (8, 16, 32)]
        assert energies == sorted(energies)
        assert special.steps(name, method, 16).cycles >= 3


def test_arrays_of_bits_give_what_each_gives() -> None:
    bits = np.array([8, 16, 32])
    for name in special.NAMES:
        for method in special.METHODS:
            swept = special.energy(name, method, bits, AT).typical  # type: ignore[arg-type]
            assert swept == pytest.approx([float(special.energy(name, method, int(b), AT).typical) for b in bits])
