"""Elementary operations of row-wise and elementwise functions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bitline.costs.special import Method
from bitline.costs.vector import DEFAULT_METHOD, FUNCTIONS, Elementary
from bitline.engines.sizes import once_if_any
from bitline.errors import not_one_of
from bitline.operators import Size, Vector

NONE_STATED: Mapping[str, float] = MappingProxyType({})
SHARE_ADDED = 0.5
"""Of the elementary operations of a function that the description counts as one number."""


def elementary_operations(
    operator: Vector,
    stated: Mapping[str, float] = NONE_STATED,
    method: Method = DEFAULT_METHOD,
    bits: float = 16.0,
) -> Size:
    """Count what a lane does one after another; `stated` per element wins. ConfigError for unknown functions."""
    if operator.function in stated:
        return operator.elements * stated[operator.function]
    known = _known(operator)
    rows = once_if_any(operator.elements) * operator.rows
    return operator.elements * known.per_element(method, bits) + rows * known.per_row(method, bits)


def operations_apart(operator: Vector, stated: Mapping[str, float] = NONE_STATED) -> dict[str, Size]:
    """Count additions, products and special operations, by name; none of those that are not needed."""
    if operator.function in stated:
        total = operator.elements * stated[operator.function]
        return {"add": SHARE_ADDED * total, "multiply": (1 - SHARE_ADDED) * total}
    known = _known(operator)
    rows = once_if_any(operator.elements) * operator.rows
    counted: dict[str, Size] = {
        "add": operator.elements * known.adds,
        "multiply": operator.elements * known.multiplies + rows * known.row_multiplies,
    }
    for name in (*known.specials, *known.row_specials):
        counted[name] = operator.elements * known.specials.get(name, 0) + rows * known.row_specials.get(name, 0)
    return counted


def known_function(name: str, stated: Mapping[str, float] = NONE_STATED) -> bool:
    """Say whether a function can be counted."""
    return name in stated or name in FUNCTIONS


def _known(operator: Vector) -> Elementary:
    if operator.function not in FUNCTIONS:
        raise not_one_of(f"function of {operator.name}", operator.function, FUNCTIONS)
    return FUNCTIONS[operator.function]
