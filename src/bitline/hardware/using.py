"""Putting library parts in: `use: NAME` takes a part's fields, and the fields beside it win.

What a part says of its sources comes along, except for the values that were overridden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, final

from bitline.errors import ConfigError, circular, not_one_of, wrong_type
from bitline.hardware import library
from bitline.hardware.document import Document, Path, Problem, refusal
from bitline.hardware.engine import Engine
from bitline.hardware.field import Holds, block_of, plain, within
from bitline.hardware.overlay import Expansion, flat, joined, nested, overlay

EngineKinds = Mapping[str, type[Engine]]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What stays the same while one file is walked."""

    document: Document
    """Its places are paths from the top of the whole description."""
    engine_kinds: EngineKinds
    chain: tuple[str, ...] = ()
    """Parts we are inside of, outermost first."""


def with_parts(document: Document, holds: Holds, engine_kinds: EngineKinds) -> Document:
    """Put every named part in and add what the parts say of their sources.

    Raises `ConfigError` for parts that do not exist or use each other in a circle.
    """
    expansion = _expand(document.tree, holds, (), _Setting(document=document, engine_kinds=engine_kinds))
    complete = Document(tree=expansion.tree, places=expansion.places)
    if expansion.problems:
        raise refusal(complete, expansion.problems)
    if not expansion.said or not isinstance(complete.tree, dict):
        return complete
    written = complete.tree.get("provenance", {})
    if not isinstance(written, dict) or not all(isinstance(entries, dict) for entries in written.values()):
        return complete
    return replace(complete, tree=complete.tree | {"provenance": nested(joined(expansion.said, flat(written)))})


def engine_block(tree: Any, engine_kinds: EngineKinds) -> type[Engine] | None:
    """Give the class of an engine as its `kind` names it, if there is one."""
    kind = tree.get("kind") if isinstance(tree, dict) else None
    return engine_kinds.get(kind) if isinstance(kind, str) else None


def _expand(tree: Any, holds: Holds, at: Path, setting: _Setting) -> Expansion:
    if not isinstance(tree, dict | list):
        return Expansion(tree=tree, places=_place(at, setting))
    folders = _folders(tree, holds, setting) if isinstance(tree, dict) and "use" in tree else ()
    if not isinstance(tree, dict) or not folders:
        block = engine_block(tree, setting.engine_kinds) if plain(holds) is Engine else holds
        return _children(tree, block, at, setting)
    base = _part(tree["use"], folders, (holds, at), setting)
    beside = {key: value for key, value in tree.items() if key != "use"}
    block = engine_block(base.tree | beside, setting.engine_kinds) if plain(holds) is Engine else holds
    return overlay(base, _children(beside, block, at, setting), at)


def _children(tree: dict[str, Any] | list[Any], holds: Holds, at: Path, setting: _Setting) -> Expansion:
    steps: Iterable[tuple[Any, Any]] = tree.items() if isinstance(tree, dict) else enumerate(tree)
    below = {step: _expand(value, within(holds, step), (*at, step), setting) for step, value in steps}
    trees = {step: child.tree for step, child in below.items()}
    places = _place(at, setting)
    said: dict[tuple[str, str], str] = {}
    for child in below.values():
        places |= child.places
        said |= child.said
    return Expansion(
        tree=trees if isinstance(tree, dict) else list(trees.values()),
        places=places,
        said=said,
        parts=frozenset(path for child in below.values() for path in child.parts),
        problems=tuple(problem for child in below.values() for problem in child.problems),
    )


def _part(name: Any, folders: tuple[str, ...], stands: tuple[Holds, Path], setting: _Setting) -> Expansion:
    """Expand the part called `name` where it stands (what is held there, path)."""
    holds, at = stands
    folder_by_name = {found: folder for folder in reversed(folders) for found in library.part_names(folder)}
    if not isinstance(name, str):
        return _no_part(at, setting, partial(wrong_type, value=name, expected="the name of a part"))
    if name not in folder_by_name:
        return _no_part(at, setting, partial(not_one_of, value=name, allowed=list(folder_by_name)))
    full_name = f"{folder_by_name[name]}/{name}"
    if full_name in setting.chain:
        chain = (*setting.chain[setting.chain.index(full_name) :], full_name)
        return _no_part(at, setting, partial(circular, chain=chain))
    part = library.part(folder_by_name[name], name)
    document = Document(tree=part.fields.tree, places={(*at, *path): line for path, line in part.fields.places.items()})
    inside = replace(setting, document=document, chain=(*setting.chain, full_name))
    expansion = _expand(document.tree, holds, at, inside)
    return replace(expansion, said=joined(expansion.said, flat(part.provenance, at)))


def _no_part(at: Path, setting: _Setting, sentence: partial[ConfigError]) -> Expansion:
    use = (*at, "use")
    return Expansion(tree={}, places=_place(use, setting), problems=(Problem(path=use, sentence=sentence),))


def _folders(tree: dict[str, Any], holds: Holds, setting: _Setting) -> tuple[str, ...]:
    """Name the folders whose parts may stand here."""
    if plain(holds) is Engine:
        kind = tree.get("kind")
        return (kind,) if isinstance(kind, str) and kind in setting.engine_kinds else tuple(setting.engine_kinds)
    block = block_of(holds)
    folder = library.folder_of(block) if block else ""
    return (folder,) if folder in library.folders() else ()


def _place(at: Path, setting: _Setting) -> dict[Path, str]:
    place = setting.document.places.get(at)
    return {at: place} if place else {}
