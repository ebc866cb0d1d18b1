"""Bits of the values that an engine holds and takes in."""

from __future__ import annotations

from functools import lru_cache

from bitline.hardware.arithmetic import Floating
from bitline.hardware.engine import Engine
from bitline.mapping.identity import Same


def weight_bits(engine: Engine) -> float:
    """Give the bits of a stored weight."""
    return engine.stored_weight_bits or _widths(Same(engine))[0]


def cache_bits(engine: Engine) -> float:
    """Give the bits of a stored key or value."""
    return engine.stored_cache_bits or weight_bits(engine)


def input_bits(engine: Engine) -> int:
    """Give the bits of a value that moves in."""
    return _widths(Same(engine))[1]


@lru_cache(maxsize=256)
def _widths(engine: Same[Engine]) -> tuple[int, int]:
    arithmetic = engine.value.arithmetic()
    if isinstance(arithmetic, Floating):
        return arithmetic.bits, arithmetic.bits
    return arithmetic.weight.bits, arithmetic.input.bits
