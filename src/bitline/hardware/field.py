"""What the fields of a description hold, read from the dataclasses themselves.

Every other file that walks a description (reading, writing, the reference) asks here, so that a field is
defined once: by its annotation, its default and the docstring below it.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import textwrap
import types
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias, Union, final, get_args, get_type_hints
from typing import get_origin as _get_origin

Holds: TypeAlias = Any
"""A type annotation: what a place in a description holds."""


def origin(holds: Holds) -> Any:
    """Give the outer part of an annotation: tuple of `tuple[int, ...]`; None if it has no inner part."""
    return _get_origin(holds)


@final
@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a block: what may stand there and what stands there if nothing is given."""

    name: str
    holds: Holds
    required: bool
    default: Any = None
    """Meaningless if the field is required."""


@cache
def fields_of(block: type) -> Mapping[str, Field]:
    """Name the fields of a dataclass in their order."""
    hints = get_type_hints(block, include_extras=True)
    found = {}
    for item in dataclasses.fields(block):
        made = item.default_factory is not dataclasses.MISSING
        found[item.name] = Field(
            name=item.name,
            holds=hints[item.name],
            required=item.default is dataclasses.MISSING and not made,
            default=item.default_factory() if item.default_factory is not dataclasses.MISSING else item.default,
        )
    return found


def plain(holds: Holds) -> Holds:
    """Take `Annotated` and `| None` off an annotation."""
    if origin(holds) is Annotated:
        return plain(get_args(holds)[0])
    if origin(holds) in (Union, types.UnionType):
        rest = [choice for choice in get_args(holds) if choice is not type(None)]
        return plain(rest[0]) if len(rest) == 1 else holds
    return holds


def optional(holds: Holds) -> bool:
    """Say whether nothing at all (None) may stand there."""
    return type(None) in get_args(holds)


def block_of(holds: Holds) -> type | None:
    """Give the dataclass that stands there, if one does."""
    inner = plain(holds)
    return inner if isinstance(inner, type) and dataclasses.is_dataclass(inner) else None


def within(holds: Holds, step: str | int) -> Holds:
    """Give what one step down (a key, or a position in a list) holds; None if there is no such place."""
    inner = plain(holds)
    block = block_of(inner)
    if block is not None:
        field = fields_of(block).get(str(step))
        return field.holds if field else None
    arguments = get_args(inner)
    if origin(inner) is tuple and arguments:
        if arguments[-1] is Ellipsis:
            return arguments[0]
        return arguments[step] if isinstance(step, int) and step < len(arguments) else None
    return arguments[1] if is_mapping(inner) and len(arguments) == 2 else None


def is_mapping(holds: Holds) -> bool:
    """Say whether named entries stand there."""
    outer = origin(plain(holds))
    return isinstance(outer, type) and issubclass(outer, Mapping)


def choices(holds: Holds) -> tuple[str, ...]:
    """Name the words that may stand there, if only certain words may."""
    inner = plain(holds)
    return tuple(map(str, get_args(inner))) if origin(inner) is Literal else ()


def limits(holds: Holds) -> Mapping[str, float]:
    """Give the bounds of a number by name: gt, ge, le, lt."""
    if origin(holds) in (Union, types.UnionType):
        return {name: bound for choice in get_args(holds) for name, bound in limits(choice).items()}
    if origin(holds) is not Annotated:
        return {}
    marks = get_args(holds)[1:]
    bounds = ((name, getattr(mark, name, None)) for mark in marks for name in ("gt", "ge", "le", "lt"))
    return {name: bound for name, bound in bounds if bound is not None}


@cache
def meanings_of(block: type) -> Mapping[str, str]:
    """Read the docstrings below the fields of a class, by field; none if its source is not at hand.

    Slow, as the source is parsed: for documentation only.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(block)))
    except (OSError, TypeError, SyntaxError):
        return {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found = {}
    for field, after in itertools.pairwise(body):
        text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else None
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, str):
            found[field.target.id] = inspect.cleandoc(text).replace("\n", " ")
    return found
