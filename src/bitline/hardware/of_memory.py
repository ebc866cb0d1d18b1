"""What an engine has from the memory it works in, put in where its description leaves it out: one number, said once.

A kind of engine names such fields in `Engine.of_memory`. What the memory's provenance says of a number comes along,
unless the description says where the engine's is from.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bitline.hardware.document import Document
from bitline.hardware.field import block_of, fields_of
from bitline.hardware.memory import Memory
from bitline.hardware.overlay import ORIGINS, Said, flat, joined, nested
from bitline.hardware.using import EngineKinds, engine_block


def with_numbers_of_memories(document: Document, engine_kinds: EngineKinds) -> Document:
    """Complete the engines of a description whose parts are put in; what cannot be found stays missing."""
    engines, memories, written = (_block(document.tree, key) for key in ("engines", "memories", "provenance"))
    own = flat({section: entries for section, entries in written.items() if isinstance(entries, dict)})
    complete, said = dict(engines), dict[tuple[str, str], str]()
    for name, field, memory, paths in _left_out(engines, engine_kinds):
        value = _product([_at(_block(memories, memory), path) for path in paths])
        if value is not None:
            complete[name] = complete[name] | {field: value}
            said |= _said(own, [f"memories.{memory}.{path}" for path in paths], f"engines.{name}.{field}")
    if complete == engines:
        return document
    tree = document.tree | {"engines": complete}
    known = document.tree.get("provenance", {}) == written and len(own) == sum(map(len, written.values()))
    return replace(document, tree=tree | {"provenance": nested(joined(said, own))} if known else tree)


def _left_out(engines: Mapping[str, Any], engine_kinds: EngineKinds) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Name each engine with a field that is not given, its memory, and the numbers there that make the field up."""
    for name, entry in engines.items():
        block = engine_block(entry, engine_kinds)
        memory = entry.get("memory") if block else None
        if block and isinstance(memory, str):
            for field, paths in block.of_memory.items():
                if field not in entry:
                    yield name, field, memory, paths


def _block(tree: Any, key: str) -> dict[str, Any]:
    """Give the block below a key; an empty one where there is none, or something else."""
    below = tree.get(key) if isinstance(tree, dict) else None
    return below if isinstance(below, dict) else {}


def _at(memory: Mapping[str, Any], path: str) -> Any:
    """Find what a memory says at a path, or what holds if it does not say; None where there is nothing."""
    *above, last = path.split(".")
    block: type | None = Memory
    for step in above:
        memory, block = _block(memory, step), block_of(fields_of(block)[step].holds) if block else None
    if not memory or block is None:
        return None
    field = fields_of(block)[last]
    return memory.get(last, None if field.required else field.default)


def _product(factors: list[Any]) -> Any:
    """Multiply numbers; a single value of any sort is itself."""
    if len(factors) == 1:
        return factors[0]
    numbers = [one for one in factors if isinstance(one, int | float) and not isinstance(one, bool)]
    return math.prod(numbers) if len(numbers) == len(factors) else None


def _said(own: Said, sources: list[str], target: str) -> Said:
    """Say of what is taken what is said of where it is from; of a product what is said of its least sure number."""
    if any((section, target) in own for section in ORIGINS):
        return {}
    below = {
        (section, f"{target}{path.removeprefix(source)}"): text
        for source in sources
        for (section, path), text in own.items()
        if path.startswith(f"{source}.") or (path == source and section not in ORIGINS)
    }
    origins = [found for source in sources if (found := _origin(own, source))]
    section, text = max(origins, key=lambda one: ORIGINS.index(one[0]), default=("", ""))
    return below | ({(section, target): text} if section else {})


def _origin(own: Said, path: str) -> tuple[str, str] | None:
    """Find where a number is from: what is said of it, or else of the closest place above it."""
    while path:
        for section in ORIGINS:
            if (section, path) in own:
                return section, own[section, path]
        path = path.rpartition(".")[0]
    return None
