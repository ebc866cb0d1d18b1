"""What may stand at a place of a description, in words, and the nearest allowed value."""

from __future__ import annotations

import math
from typing import get_args

from bitline.hardware.field import Holds, block_of, choices, fields_of, is_mapping, limits, origin, plain

_WORDS = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}


def expectation(holds: Holds) -> str:
    """Say in words what may stand there."""
    inner = plain(holds)
    if choices(inner):
        return "one of " + ", ".join(choices(inner))
    if inner in _WORDS:
        return _WORDS[inner] + bounds(holds)
    block = block_of(inner)
    if block is not None:
        return f"a block with the keys {', '.join(fields_of(block))}"
    if is_mapping(inner):
        return "a block of named entries"
    if origin(inner) is tuple:
        return _sequence(inner)
    return "a block of keys"


def bounds(holds: Holds) -> str:
    """Say in words between which bounds a number must lie; nothing if it may be anything."""
    found = limits(holds)
    if "ge" in found and "le" in found:
        return f" in {found['ge']:g}..{found['le']:g}"
    words = {"gt": "greater than", "ge": "of at least", "lt": "less than", "le": "of at most"}
    return "".join(f" {words[name]} {bound:g}" for name, bound in found.items())


def nearest_value(holds: Holds, value: object) -> object:
    """Give the allowed number closest to `value`; None if there is none or it cannot be told."""
    inner = plain(holds)
    if inner not in (int, float) or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    found = limits(holds)
    number = min(max(number, found.get("ge", -math.inf)), found.get("le", math.inf))
    if ("gt" in found and number <= found["gt"]) or ("lt" in found and number >= found["lt"]):
        return None
    return round(number) if inner is int else number


def _sequence(inner: Holds) -> str:
    items = get_args(inner)
    if items and items[-1] is Ellipsis:
        return "a list, each item " + expectation(items[0])
    return f"a list of {len(items)}: " + ", ".join(expectation(item) for item in items)
