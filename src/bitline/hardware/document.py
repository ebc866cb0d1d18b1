"""A description as it was written: plain values, and the file and line of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, final

from bitline.errors import ConfigError

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of a description down to one place in it."""


def dotted(path: Path) -> str:
    """Write a path as in provenance and messages: engines.projection.adc.bits."""
    return ".".join(map(str, path))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Dicts, lists, text, numbers, true, false and None, with the `file:line` of each place."""

    tree: Any
    places: Mapping[Path, str] = dataclasses.field(default_factory=dict)

    def where(self, path: Path) -> str:
        """Give file and line of a place, or of the closest place above it; empty if it came from no file."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return ""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong at one place, as a sentence of `bitline.errors` that awaits its field and place."""

    path: Path
    sentence: Callable[..., ConfigError]
    """Called with `field` and `where`."""
    field: str = ""
    """How the message calls the place, if not by its path."""


def refusal(document: Document, problems: Iterable[Problem]) -> ConfigError:
    """Make one error that tells all problems, one per line."""
    sentences = (
        problem.sentence(
            field=problem.field or dotted(problem.path) or "description", where=document.where(problem.path)
        )
        for problem in problems
    )
    return ConfigError("\n".join(dict.fromkeys(map(str, sentences))))
