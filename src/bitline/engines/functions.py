"""Elementary operations of row-wise and elementwise functions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bitline.costs.vector import FUNCTIONS
from bitline.engines.sizes import once_if_any
from bitline.errors import not_one_of
from bitline.operators import Size, Vector

NONE_STATED: Mapping[str, float] = MappingProxyType({})


def elementary_operations(operator: Vector, stated: Mapping[str, float] = NONE_STATED) -> Size:
    """Count additions and products; `stated` per element wins over the table. ConfigError for unknown functions."""
    if operator.function in stated:
        return operator.elements * stated[operator.function]
    if operator.function not in FUNCTIONS:
        raise not_one_of(f"function of {operator.name}", operator.function, FUNCTIONS)
    known = FUNCTIONS[operator.function]
    return operator.elements * known.per_element + once_if_any(operator.elements) * operator.rows * known.per_row


def known_function(name: str, stated: Mapping[str, float] = NONE_STATED) -> bool:
    """Say whether a function can be counted."""
    return name in stated or name in FUNCTIONS
