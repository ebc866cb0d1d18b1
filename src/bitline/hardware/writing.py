"""From a chip back to a description: plain values, or YAML that reads back as the same chip, bit for bit.

Only what differs from the defaults is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine
from bitline.hardware.field import fields_of

WIDTH = 116
"""Blocks that fit into a line of this length are written on one line."""
_PLAIN_TEXT = re.compile(r"[A-Za-z_][A-Za-z0-9_./+-]*( [A-Za-z0-9_./+(-][A-Za-z0-9_./+()-]*)*")
_NOT_TEXT = frozenset(["null", "true", "false"])


def to_document(chip: Chip) -> dict[str, Any]:
    """Write a chip as dicts, lists and scalars, as `parse_chip` takes them."""
    return _block(chip)


def to_yaml(chip: Chip) -> str:
    """Write a chip as YAML 1.2 text."""
    return "".join(f"{line}\n" for key, value in to_document(chip).items() for line in _lines(key, value, 0))


def _block(value: object) -> dict[str, Any]:
    kind = {"kind": value.kind} if isinstance(value, Engine) else {}
    block: type = type(value)
    given = {
        name: getattr(value, name)
        for name, field in fields_of(block).items()
        # Not `==`: 0.0 equals -0.0, and "bit for bit" means that too.
        if field.required or repr(getattr(value, name)) != repr(field.default)
    }
    return kind | {name: _plain(below) for name, below in given.items()}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _block(value)
    if isinstance(value, Mapping):
        return {name: _plain(below) for name, below in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _lines(key: str, value: Any, indent: int) -> list[str]:
    """Write one entry of a block: on one line if it fits, else what is in it on lines of its own."""
    head = " " * indent + _scalar(key) + ":"
    line = f"{head} {_flow(value)}"
    if not isinstance(value, dict | list) or not value or (len(line) <= WIDTH and indent > 0):
        return [line]
    if isinstance(value, list):
        return [head, *(" " * (indent + 2) + f"- {_flow(item)}" for item in value)]
    return [head, *(line for name, below in value.items() for line in _lines(name, below, indent + 2))]


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(name)}: {_flow(below)}" for name, below in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int):
        return repr(value)
    if _PLAIN_TEXT.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return str(value)
    return '"' + "".join(map(_escaped, value)) + '"'


def _number(value: float) -> str:
    """Write the shortest text that reads back as the same bits: 0.25, 1.56e14."""
    exact = (f"{value:.{digits}e}" for digits in range(18))
    mantissa, _, exponent = next(text for text in exact if float(text) == value).partition("e")
    return min(repr(value), f"{mantissa}e{int(exponent)}", key=len)


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
