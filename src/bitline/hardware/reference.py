"""The reference of a chip description as Markdown, generated from the dataclasses that define it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from bitline.hardware import library
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine
from bitline.hardware.field import Field, Holds, block_of, fields_of, is_mapping, meanings_of, plain
from bitline.hardware.using import EngineKinds
from bitline.hardware.wording import expectation

UNITS = {
    "bytes_per_s": "byte/s",
    "macs_per_s": "multiply-accumulates/s",
    "operations_per_s": "operations/s",
    "per_bit_j": "J/bit",
    "fraction_per_k": "share of 1 per K",
    "siemens": "S",
    "farad": "F",
    "fraction": "share of 1",
    "codes": "code",
    "ev": "eV",
    "seconds": "s",
    "ohm": "ohm",
    "bytes": "byte",
    "bits": "bit",
    "f2": "squares of the node",
    "m2": "m²",
    "nm": "nm",
    "hz": "Hz",
    "s": "s",
    "j": "J",
    "w": "W",
    "v": "V",
    "a": "A",
    "k": "K",
    "m": "m",
}
"""Unit of a field by the end of its name, longest ends first."""


def unit_of(name: str) -> str:
    """Tell the unit of a field from its name; empty for counts, words and ratios."""
    return next((unit for end, unit in UNITS.items() if name == end or name.endswith(f"_{end}")), "")


def chip_reference(engine_kinds: EngineKinds) -> str:
    """Write the whole reference: the chip, each kind of engine, and every block that stands in one of them."""
    sections = [
        "# Chip descriptions\n\nA description is YAML or JSON. Every key is listed here; any other key is an error."
    ]
    sections += [_section("chip", Chip)]
    sections += [_section(f"kind: {kind}", block) for kind, block in sorted(engine_kinds.items())]
    tops: tuple[type, ...] = (Chip, *engine_kinds.values())
    blocks = dict.fromkeys(below for block in tops for below in _blocks_below(block))
    sections += [_section(block.__name__, block) for block in sorted(blocks, key=lambda block: block.__name__)]
    sections += [_parts()]
    return "\n\n".join(sections) + "\n"


def _section(title: str, block: type) -> str:
    meanings = meanings_of(block)
    taken = block.of_memory if issubclass(block, Engine) else {}
    rows = [_row(field, meanings.get(field.name, ""), taken.get(field.name, ())) for field in fields_of(block).values()]
    if issubclass(block, Engine):
        rows.insert(0, f"| `kind` | `{block.kind}` | | required | Which kind of engine this is. |")
    head = ["| key | holds | unit | if not given | meaning |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([f"## {title}", "", *_meaning(block), "", *head, *rows])


def _meaning(block: type) -> list[str]:
    text = inspect.getdoc(block) or ""
    return [] if text.startswith(f"{block.__name__}(") else text.splitlines()


def _row(field: Field, meaning: str, of_memory: tuple[str, ...] = ()) -> str:
    given = "required" if field.required else _default(field.default)
    given = "of its memory: " + " × ".join(f"`{path}`" for path in of_memory) if of_memory else given
    cells = [f"`{field.name}`", _holds(field.holds), unit_of(field.name), given, meaning]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _holds(holds: Holds) -> str:
    inner = plain(holds)
    block = block_of(inner)
    if block is not None:
        return f"a [{block.__name__}](#{block.__name__.lower()})"
    arguments = get_args(inner)
    if inner is Engine:
        return "an engine, by its `kind`"
    if is_mapping(inner):
        return f"by name: {_holds(arguments[1])}"
    if arguments and arguments[-1] is Ellipsis:
        return f"a list: {_holds(arguments[0])}"
    return expectation(holds)


def _default(value: Any) -> str:
    if value is None or value in ("", (), {}):
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"`{value}`" if isinstance(value, str | int | float) else "its own defaults"


def _blocks_below(block: type) -> Iterator[type]:
    for field in fields_of(block).values():
        for below in _named_in(field.holds):
            yield below
            yield from _blocks_below(below)


def _named_in(holds: Holds) -> Iterable[type]:
    inner = plain(holds)
    block = block_of(inner)
    return [block] if block else [found for argument in get_args(inner) for found in _named_in(argument)]


def _parts() -> str:
    lines = ["## Parts of the library", "", "`use: NAME` takes the fields of a part; fields beside it win.", ""]
    lines += ["| part | what it is |", "| --- | --- |"]
    for folder in library.folders():
        for name in library.part_names(folder):
            lines.append(f"| {folder} `{name}` | {library.part(folder, name).summary} |")
    return "\n".join(lines)
