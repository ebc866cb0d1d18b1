"""Variants: a description that names another one and says only what differs.

Blocks are laid over each other value by value; a list takes the place of the whole list; a block with a `use` of
its own takes the place of the whole block; an engine or memory that is null is taken out. The sources of whatever
still shows come along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bitline.hardware.document import Document, Path
from bitline.hardware.overlay import Expansion, flat, nested, overlay

VARIANT_OF = "variant_of"
"""The key that names the description underneath: a chip's name, or a path from the file's own folder."""
_PROVENANCE = "provenance"


def laid_over(base: Document, variant: Document) -> Document:
    """Lay a variant over the description it varies."""
    merged = overlay(_expansion(base), _expansion(variant), ())
    tree, gone = _without_nulls(merged.tree)
    # What was said of a whole engine is said of each of its entries now; but its kind is no field.
    hidden = re.compile("|".join([r"engines\.[^.]+\.kind", *(rf"{re.escape(name)}(\..*)?" for name in gone)]))
    said = {key: text for key, text in merged.said.items() if not hidden.fullmatch(key[1])}
    return Document(tree=tree | {_PROVENANCE: nested(said)}, places=merged.places)


def _without_nulls(tree: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Take out the engines and memories that are null; also give their dotted paths."""
    kept, gone = dict(tree), []
    for section in ("engines", "memories"):
        if isinstance(tree.get(section), dict):
            kept[section] = {name: value for name, value in tree[section].items() if value is not None}
            gone += [f"{section}.{name}" for name, value in tree[section].items() if value is None]
    return kept, tuple(gone)


def _expansion(document: Document) -> Expansion:
    tree = document.tree if isinstance(document.tree, dict) else {}
    said = tree.get(_PROVENANCE, {})
    plain = isinstance(said, dict) and all(isinstance(entries, dict) for entries in said.values())
    return Expansion(
        tree={key: value for key, value in tree.items() if key not in (VARIANT_OF, _PROVENANCE)},
        places=document.places,
        said=flat(said) if plain else {},
        parts=frozenset(_parts(tree, ())),
    )


def _parts(tree: Any, at: Path) -> Iterator[Path]:
    if isinstance(tree, dict):
        if "use" in tree:
            yield at
        for key, value in tree.items():
            yield from _parts(value, (*at, key))
