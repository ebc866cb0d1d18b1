"""Exponential, reciprocal, inverse root, logarithm and sigmoid, by what adders, multipliers and tables do.

Each is counted as it would be run to an error of half a unit in the last place of a floating number, about 2^-p for
a significand of p bits. The argument is first brought into a short range through its exponent, which takes one integer
addition. Three methods:

- taylor: the polynomial, its degree from the remainder; reciprocal and root by Newton's iteration from a straight line
  (a Taylor step each, which doubles the correct bits). Needs nothing beyond a lane's adder and multiplier: the default.
- table: a value and a slope are read and interpolated, so one read, one product, one addition; entries from the
  curvature: h^2 / 8 times the second derivative.
- cordic: shift-and-add iterations on integers, one for each bit, the 4th and 13th twice where hyperbolic; three
  additions each to rotate (two where one of the numbers stands still), side by side in one cycle.

tests/costs/test_special.py runs every method with these counts and measures the error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from bitline.costs import digital, registers, sram
from bitline.costs.technology import joined, remembered, spread
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

Method = Literal["taylor", "table", "cordic"]
Name = Literal["exp", "reciprocal", "root", "logarithm", "sigmoid"]
METHODS: tuple[Method, ...] = get_args(Method)
NAMES: tuple[Name, ...] = get_args(Name)
FORMATS = ((8.0, 16.0, 32.0), (4.0, 11.0, 24.0))
"""Bits of a floating number, and of its significand with the hidden one: E4M3, half, single."""
LARGEST_DEGREE = 12
LINE_ERRORS: dict[Name, float] = {"reciprocal": 1 / 17, "root": 0.086}
"""Of the best straight line through 1/m on 1..2 and through 1/sqrt(m) on 1..4, relative."""
NEWTON_GROWTH: dict[Name, float] = {"reciprocal": 1.0, "root": 1.5}
"""A Newton step leaves this times the square of the error."""
CURVATURES: dict[Name, float] = {"exp": 0.481, "reciprocal": 2.0, "root": 6.75, "logarithm": 1.0}
"""Greatest second derivative over the range, relative to the value, times the square of the range's length."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What one special operation takes; arrays where bits are swept."""

    adds: float = 0.0
    multiplies: float = 0.0
    """Both floating."""
    integer_adds: float = 0.0
    """Of exponents, and of CORDIC."""
    reads: float = 0.0
    """Of a table, a value and its slope each."""
    cycles: float = 0.0
    """Of a lane that does one of these at a time; of CORDIC one iteration."""

    def __add__(self, other: Steps) -> Steps:
        """Do one after the other."""
        return Steps(
            adds=self.adds + other.adds,
            multiplies=self.multiplies + other.multiplies,
            integer_adds=self.integer_adds + other.integer_adds,
            reads=self.reads + other.reads,
            cycles=self.cycles + other.cycles,
        )


@remembered
def steps(name: Name, method: Method, bits: float) -> Steps:
    """Count what a special operation on floating numbers of `bits` takes."""
    if method == "cordic":
        return _cordic(name, significand_bits(bits))
    return _table(name) if method == "table" else _taylor(name, significand_bits(bits))


@remembered
def energy(name: Name, method: Method, bits: float, technology: Technology) -> Figure:
    """Joule of a special operation; the envelope spans the methods."""
    own = _energy(name, method, bits, technology)
    return spread(own, f"{own.source}; spread: methods", *(_energy(name, m, bits, technology).typical for m in METHODS))


def significand_bits(bits: float) -> float:
    """Bits of the significand of a floating number; between the usual formats on a straight line."""
    significand: float = np.interp(bits, *FORMATS)
    return significand


def degree(significand: float) -> float:
    """Degree of the Taylor polynomial of 2^f, f within a half: remainder t^(d+1) / (d+1)! with t = ln(2) / 2."""
    t, d = np.log(2.0) / 2, np.arange(LARGEST_DEGREE)
    remainders = np.exp(t) * t ** (d + 1) / np.cumprod(d + 1.0)
    return _first_below(remainders, significand)


def logarithm_terms(significand: float) -> float:
    """Odd terms of ln(m) = 2 (s + s^3 / 3 + ...), s = (m - 1) / (m + 1), m within a square root of two around 1."""
    k = np.arange(LARGEST_DEGREE)
    remainders = 2 * ((np.sqrt(2) - 1) / (np.sqrt(2) + 1)) ** (2 * k + 1) / (2 * k + 1)
    return _first_below(remainders, significand)


def newton_steps(name: Name, significand: float) -> float:
    """Count the Newton iterations after the straight line."""
    errors = [LINE_ERRORS[name]]
    for _ in range(LARGEST_DEGREE):
        errors.append(NEWTON_GROWTH[name] * errors[-1] ** 2)
    return _first_below(np.array(errors), significand)


def entries(name: Name, significand: float) -> float:
    """Entries of the table, a power of two."""
    if name == "sigmoid":
        # Up to where it is 1 within the error, at 0.7 p; |second derivative| is at most 0.0963.
        length = np.log(2.0) * (significand + 1.0)
        curvature = 0.0963 * length**2
    else:
        curvature = CURVATURES[name]
    size: float = 2.0 ** np.ceil(0.5 * (np.log2(curvature / 8) + significand))
    return size


def iterations(significand: float, *, hyperbolic: bool) -> float:
    """Count CORDIC iterations: a bit each, and those that must be repeated to converge."""
    repeated: float = np.greater_equal(significand, 4) * 1.0 + np.greater_equal(significand, 13) * 1.0
    return significand + repeated * hyperbolic


def table_energy(name: Name, bits: float, technology: Technology) -> Figure:
    """Joule to read a value and its slope, from an SRAM of a lane's own."""
    word = 2 * significand_bits(bits)
    capacity = entries(name, significand_bits(bits)) * word / 8
    return sram.bit_energy("read_j", capacity, word, technology).times(word)


def table_bytes(bits: float) -> float:
    """Bytes of the tables of all special operations."""
    significand = significand_bits(bits)
    total: float = sum(entries(name, significand) for name in NAMES) * 2 * significand / 8
    return total


def _taylor(name: Name, significand: float) -> Steps:
    if name == "exp":
        d = degree(significand)
        return _floating(1.0 + d, 1.0 + d, integer_adds=1.0)
    if name == "reciprocal":
        n = newton_steps(name, significand)
        return _floating(1.0 + n, 1.0 + 2.0 * n, integer_adds=1.0)
    if name == "root":
        n = newton_steps(name, significand)
        return _floating(1.0 + n, 1.0 + 3.0 * n, integer_adds=1.0)
    if name == "logarithm":
        # s is a quotient of two sums; Horner in s^2; the exponent adds its share of ln 2.
        k = logarithm_terms(significand)
        return _taylor("reciprocal", significand) + _floating(2.0 + k, 3.0 + k, integer_adds=1.0)
    return _taylor("exp", significand) + _floating(1.0, 0.0) + _taylor("reciprocal", significand)


def _table(name: Name) -> Steps:
    interpolated = _floating(1.0, 1.0, reads=1.0)
    if name == "exp":
        return _floating(1.0, 1.0, integer_adds=1.0) + interpolated
    if name == "logarithm":
        return _floating(1.0, 1.0, integer_adds=1.0) + interpolated
    return interpolated if name == "sigmoid" else _floating(0.0, 0.0, integer_adds=1.0) + interpolated


def _cordic(name: Name, significand: float) -> Steps:
    turned, straight = iterations(significand, hyperbolic=True), iterations(significand, hyperbolic=False)
    if name == "exp":
        # cosh + sinh of the rest.
        return _floating(2.0, 1.0, integer_adds=1.0) + _iterated(turned, 3.0)
    if name == "reciprocal":
        return _floating(0.0, 0.0, integer_adds=1.0) + _iterated(straight, 2.0)
    if name == "root":
        # sqrt(m) from m + 1/4 and m - 1/4, then its reciprocal.
        return _floating(2.0, 0.0, integer_adds=1.0) + _iterated(turned, 2.0) + _iterated(straight, 2.0)
    if name == "logarithm":
        # Twice the hyperbolic angle of m - 1 over m + 1.
        return _floating(3.0, 1.0, integer_adds=1.0) + _iterated(turned, 3.0)
    return _cordic("exp", significand) + _floating(1.0, 0.0) + _cordic("reciprocal", significand)


def _floating(adds: float, multiplies: float, *, integer_adds: float = 0.0, reads: float = 0.0) -> Steps:
    cycles = adds + multiplies + integer_adds + reads
    return Steps(adds=adds, multiplies=multiplies, integer_adds=integer_adds, reads=reads, cycles=cycles)


def _iterated(count: float, side_by_side: float) -> Steps:
    return Steps(integer_adds=count * side_by_side, cycles=count)


def _energy(name: Name, method: Method, bits: float, technology: Technology) -> Figure:
    counted, significand = steps(name, method, bits), significand_bits(bits)
    # CORDIC keeps as many bits more as its iterations can round away.
    wide = significand + np.ceil(np.log2(significand)) if method == "cordic" else significand
    held = 3 * bits * (counted.adds + counted.multiplies) + wide * counted.integer_adds
    return joined(
        f"{name} by {method}: counted additions, products, reads [assumption]; {digital.SOURCE}",
        digital.energy("add", "floating", bits, technology).times(counted.adds),
        digital.energy("multiply", "floating", bits, technology).times(counted.multiplies),
        digital.energy("add", "integer", wide, technology).times(counted.integer_adds),
        table_energy(name, bits, technology).times(counted.reads),
        registers.energy(technology).times(held),
    )


def _first_below(falling: NDArray[np.float64], significand: float) -> float:
    goal = 2.0 ** -np.asarray(significand, dtype=float)
    count: float = np.sum(falling.reshape(-1, *(1,) * goal.ndim) > goal, axis=0) * 1.0
    return count
