"""Laying the fields beside a `use` over those of the part, with the sources of whatever still shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, final

from bitline.hardware.document import Path, Problem, dotted

ORIGINS = ("sources", "assumptions", "fitted")
"""The sections of provenance that say where a number is from; a path stands in one of them only."""

Said: TypeAlias = Mapping[tuple[str, str], str]
"""What is said of numbers: (section, dotted path from the top) -> text."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """A place of a description with its parts put in."""

    tree: Any
    places: Mapping[Path, str] = field(default_factory=dict)
    said: Said = field(default_factory=dict)
    """By the parts, not by the description itself."""
    parts: frozenset[Path] = frozenset()
    """Places that stand for a part."""
    problems: tuple[Problem, ...] = ()


def overlay(base: Expansion, over: Expansion, at: Path) -> Expansion:
    """Let `over` win over `base` value by value, both standing at `at`.

    A block of `over` that stands for a part of its own hides the whole block below it, so that no number of one
    cell ends up in another.
    """
    tree, hidden = _merged(base.tree, over.tree, at, over.parts)
    kept = {path: place for path, place in base.places.items() if not _starts_with_any(path, hidden)}
    return Expansion(
        tree=tree,
        places=kept | dict(over.places),
        said=joined(_still_true(base, at, [_words(path) for path in hidden]), over.said),
        parts=base.parts | over.parts | {at},
        problems=base.problems + over.problems,
    )


def joined(base: Said, own: Said) -> Said:
    """Join what is said in two places; of an origin that both name, keep the second."""
    named = {path for section, path in own if section in ORIGINS}
    return {(s, path): text for (s, path), text in base.items() if s not in ORIGINS or path not in named} | dict(own)


def flat(provenance: Mapping[str, Mapping[str, str]], at: Path = ()) -> Said:
    """Flatten a provenance block whose paths start at `at`."""
    return {
        (section, dotted((*at, path))): text
        for section, entries in provenance.items()
        for path, text in entries.items()
    }


def nested(said: Said) -> dict[str, dict[str, str]]:
    """Make a provenance block of it again."""
    sections: dict[str, dict[str, str]] = {}
    for (section, path), text in said.items():
        sections.setdefault(section, {})[path] = text
    return sections


def _merged(base: Any, over: Any, at: Path, parts: frozenset[Path]) -> tuple[Any, list[Path]]:
    """Lay one tree over another; also give the places where the one below no longer shows."""
    if not isinstance(base, dict) or not isinstance(over, dict) or at in parts:
        return over, [at]
    tree = dict(base)
    hidden: list[Path] = []
    for key, value in over.items():
        path = (*at, key)
        tree[key], below = _merged(base[key], value, path, parts) if key in base else (value, [path])
        hidden += below
    return tree, hidden


def _still_true(base: Expansion, at: Path, hidden: list[tuple[str, ...]]) -> Said:
    """Keep what is said of values that still show; split what is said of a block that shows in part."""
    kept: dict[tuple[str, str], str] = {}
    leaves = [_words((*at, *leaf)) for leaf in _leaves(base.tree)]
    showing = [leaf for leaf in leaves if not _starts_with_any(leaf, hidden)]
    for (section, name), text in base.said.items():
        path = tuple(name.split("."))
        partly = any(place[: len(path)] == path for place in hidden)
        if _starts_with_any(path, hidden):
            continue
        if section not in ORIGINS or not partly:
            kept[section, name] = text
        else:
            kept |= {(section, ".".join(leaf)): text for leaf in showing if leaf[: len(path)] == path}
    return kept


def _starts_with_any(path: tuple[Any, ...], tops: Iterable[tuple[Any, ...]]) -> bool:
    return any(path[: len(top)] == top for top in tops)


def _words(path: Path) -> tuple[str, ...]:
    return tuple(map(str, path))


def _leaves(tree: Any) -> Iterator[Path]:
    if isinstance(tree, dict | list):
        for step, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            for rest in _leaves(value):
                yield (step, *rest)
    else:
        yield ()
