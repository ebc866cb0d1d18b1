"""Laws of one variable, as publications give them: a polynomial, a logarithm within bounds, a decay, in pieces.

A law tells how something depends on a cell's conductance. Its numbers stand as published; `argument_*` and `value_*`
say in which unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, final

from bitline.hardware.quantity import NonNegative, Positive

SMALLEST = 1e-7
"""Arguments of logarithms and powers are taken no smaller (aihwkit's floor of g / g_max)."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A polynomial in some function u of the argument x, kept within bounds."""

    coefficients: tuple[float, ...]
    """Constant first: c0 + c1 u + c2 u**2 + ..."""
    of: Literal["x", "ln", "log10", "power", "decay"] = "x"
    """u is x, ln x, log10 x, x**exponent or exp(-x / scale)."""
    exponent: float = 1.0
    scale: Positive = 1.0
    low: float | None = None
    """The value is no smaller than this."""
    high: float | None = None
    """The value is no larger than this."""
    below: float | None = None
    """Holds for x < below and not in an earlier piece; the last piece has no such limit."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A function of a conductance."""

    pieces: tuple[Piece, ...]
    """In the order of their arguments."""
    argument_siemens: Positive | None = None
    """The conductance at which x is 1; g_max if neither this nor the next is given."""
    argument_fraction: Positive | None = None
    """The share of g_max at which x is 1."""
    value_siemens: Positive | None = None
    """The conductance that a value of 1 means; if neither this nor the next is given, where the law stands says."""
    value_fraction: Positive | None = None
    """The share of g_max that a value of 1 means."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The law that holds at one age."""

    seconds: NonNegative
    law: Law


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A law that changes with age: known at some ages, its numbers in straight lines between them.

    Before the first and after the last age it stays as it is there.
    """

    at: tuple[Snapshot, ...]
    """By rising age, with the same pieces throughout."""
    between: Literal["log_time", "time"] = "log_time"
    """Straight lines in the logarithm of time (from age 0 to the next, in time), or in time itself."""


def piece_value(piece: Piece, x: float) -> float:
    """Evaluate one piece at `x`, whether it holds there or not."""
    value = 0.0
    u = _inner(piece, x)
    for coefficient in reversed(piece.coefficients):
        value = value * u + coefficient
    value = value if piece.low is None else max(value, piece.low)
    return value if piece.high is None else min(value, piece.high)


def law_value(law: Law, x: float) -> float:
    """Evaluate a law at `x`, in the law's own units."""
    found = next((piece for piece in law.pieces if piece.below is None or x < piece.below), law.pieces[-1])
    return piece_value(found, x)


def argument_share(law: Law, g_max_siemens: float | None) -> float:
    """Give the share of g_max at which the argument is 1."""
    if law.argument_siemens is not None and g_max_siemens is not None:
        return law.argument_siemens / g_max_siemens
    return 1.0 if law.argument_fraction is None else law.argument_fraction


def value_share(law: Law, g_max_siemens: float | None) -> float | None:
    """Give the share of g_max that a value of 1 means; None if the law does not say."""
    if law.value_siemens is not None and g_max_siemens is not None:
        return law.value_siemens / g_max_siemens
    return law.value_fraction


def law_at(course: Course, seconds: float) -> Law:
    """Give the law that holds at an age."""
    known = course.at
    after = next((i for i, one in enumerate(known) if one.seconds > seconds), len(known))
    if after in (0, len(known)):
        return known[max(0, after - 1)].law
    first, second = known[after - 1], known[after]
    share = way_between(first.seconds, second.seconds, seconds, logarithmic=course.between == "log_time")
    pieces = tuple(_between(one, two, share) for one, two in zip(first.law.pieces, second.law.pieces, strict=True))
    return replace(first.law, pieces=pieces)


def way_between(first_s: float, second_s: float, seconds: float, *, logarithmic: bool = True) -> float:
    """Give how far an age lies between two others, 0 to 1: in the logarithm of time unless the first is 0."""
    if logarithmic and first_s > 0:
        return math.log(seconds / first_s) / math.log(second_s / first_s)
    return (seconds - first_s) / (second_s - first_s)


def form(law: Law) -> tuple[object, ...]:
    """Give what laws must share to be joined by straight lines: everything but their numbers."""
    pieces = tuple(
        (len(one.coefficients), one.of, one.exponent, one.below, one.low is None, one.high is None)
        for one in law.pieces
    )
    return (pieces, law.argument_siemens, law.argument_fraction, law.value_siemens, law.value_fraction)


def _inner(piece: Piece, x: float) -> float:
    match piece.of:
        case "ln":
            return math.log(max(x, SMALLEST))
        case "log10":
            return math.log10(max(x, SMALLEST))
        case "power":
            return math.pow(max(x, SMALLEST), piece.exponent)
        case "decay":
            return math.exp(-x / piece.scale)
    return x


def _between(one: Piece, two: Piece, share: float) -> Piece:
    def line(a: float, b: float) -> float:
        return a + (b - a) * share

    def bound(a: float | None, b: float | None) -> float | None:
        return None if a is None or b is None else line(a, b)

    numbers = zip(one.coefficients, two.coefficients, strict=True)
    return replace(
        one,
        coefficients=tuple(line(a, b) for a, b in numbers),
        scale=line(one.scale, two.scale),
        low=bound(one.low, two.low),
        high=bound(one.high, two.high),
    )
