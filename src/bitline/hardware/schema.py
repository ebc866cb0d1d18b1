"""Checking plain values against the dataclasses of a description, and making them.

The fields, their types and their ranges are those of the dataclasses; nothing is repeated here. Values are
checked as JSON, strictly: lists become tuples and whole numbers may stand for real ones, but "8" is not 8, true
is not 1, and what is not finite is refused.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bitline.errors import missing, not_one_of, unknown_key, wrong_type
from bitline.hardware.chip import Chip
from bitline.hardware.document import Path, Problem
from bitline.hardware.field import Holds, block_of, choices, fields_of, optional, within
from bitline.hardware.using import EngineKinds, engine_block
from bitline.hardware.wording import expectation, nearest_value

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def chip_of(tree: Any, engine_kinds: EngineKinds) -> Chip | tuple[Problem, ...]:
    """Make the chip of plain values with all parts put in; or say everything that is wrong with them."""
    frame, problems = value_of(_frame(), tree)
    engines = {}
    written = tree.get("engines") if isinstance(tree, dict) else None
    for name, entry in (written if isinstance(written, dict) else {}).items():
        engines[name], found = _engine_of(entry, ("engines", name), engine_kinds)
        problems += found
    if problems:
        return problems
    given = {field.name: getattr(frame, field.name) for field in dataclasses.fields(Chip)}
    return Chip(**(given | {"engines": engines}))


def value_of(block: type, tree: Any, at: Path = ()) -> tuple[Any, tuple[Problem, ...]]:
    """Make the value of one dataclass of plain values that stand at `at`; or None and everything that is wrong."""
    try:
        return _adapter(block).validate_json(json.dumps([tree], default=_no_plain_value))[0], ()
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, tuple(_problem(detail, block, tree, at) for detail in details)


def _engine_of(tree: Any, at: Path, engine_kinds: EngineKinds) -> tuple[Any, tuple[Problem, ...]]:
    block = engine_block(tree, engine_kinds)
    if block is not None:
        return value_of(block, {key: value for key, value in tree.items() if key != "kind"}, at)
    if not isinstance(tree, dict):
        expected = "a block with the key kind and those of its kind"
        return None, (Problem(path=at, sentence=partial(wrong_type, value=tree, expected=expected)),)
    kind = (*at, "kind")
    if "kind" not in tree:
        expected = "one of " + ", ".join(sorted(engine_kinds))
        return None, (Problem(path=kind, sentence=partial(missing, expected=expected)),)
    return None, (Problem(path=kind, sentence=partial(not_one_of, value=tree["kind"], allowed=list(engine_kinds))),)


@cache
def _adapter(block: type) -> TypeAdapter[tuple[Any]]:
    # pydantic takes settings for a tuple of dataclasses, but not for a dataclass that has none of its own.
    only: Any = tuple[block]  # type: ignore[valid-type]
    return TypeAdapter(only, config=_STRICT)


@cache
def _frame() -> type:
    """Make the chip's dataclass over again with engines of any form: their kinds are known to the caller only."""
    form = []
    for field in dataclasses.fields(Chip):
        holds = Mapping[str, Any] if field.name == "engines" else fields_of(Chip)[field.name].holds
        given = dataclasses.field(default=field.default, default_factory=field.default_factory)
        form.append((field.name, holds, given))
    return dataclasses.make_dataclass("Chip", form, frozen=True, kw_only=True)


def _no_plain_value(value: object) -> dict[str, None]:
    # Only a caller in Python can get here; no field holds such a block, so the schema refuses it by its text.
    return {repr(value): None}


def _problem(detail: ErrorDetails, block: type, tree: Any, at: Path) -> Problem:
    if detail["type"] == "json_invalid":
        return Problem(path=at, sentence=partial(wrong_type, value=tree, expected="text that can be written (UTF-8)"))
    steps = detail["loc"][1:]
    path, (above, holds) = (*at, *steps), _holds(block, steps)
    if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        allowed = fields_of(above) if (above := block_of(above)) else ()
        return Problem(path=path, sentence=partial(unknown_key, allowed=allowed))
    if detail["type"] == "missing" and block_of(above):
        return Problem(path=path, sentence=partial(missing, expected=expectation(holds)))
    if detail["type"] in ("missing", "too_long"):
        holds = holds if detail["type"] == "too_long" else above
        path = path if detail["type"] == "too_long" else path[:-1]
    if choices(holds):
        return Problem(path=path, sentence=partial(not_one_of, value=detail["input"], allowed=choices(holds)))
    expected = expectation(holds) + (" (or nothing)" if optional(holds) else "")
    near = nearest_value(holds, detail["input"])
    return Problem(path=path, sentence=partial(wrong_type, value=detail["input"], expected=expected, near=near))


def _holds(block: type, steps: Path) -> tuple[Holds, Holds]:
    """Give what the place above the last step holds, and what the place itself holds."""
    above: Holds = None
    holds: Holds = block
    for step in steps:
        above, holds = holds, within(holds, step)
    return above, holds
