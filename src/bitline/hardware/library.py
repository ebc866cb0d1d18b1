"""The library of parts: one file per cell, converter, memory, GPU, ..., found by listing the folders.

A part stands in the folder named after what it is (`cell/`, `adc/`, `memory/`, or the kind of a whole engine)
and is called by its file name. A new part is a new file and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path as File
from typing import Any, final

from bitline.hardware.document import Document
from bitline.hardware.yaml import read_yaml

FOLDER = File(__file__).parent / "library"
_ABOUT = ("name", "summary", "provenance")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryPart:
    """One part as written: the fields it sets, and where each number is from, by path within the part."""

    name: str
    summary: str
    fields: Document
    provenance: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def folder_of(block: type) -> str:
    """Name the folder of a block's parts: WeightFormat is kept in weight_format."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", block.__name__).lower()


@cache
def part_names(folder: str) -> tuple[str, ...]:
    """Name the parts of one folder; none if there is no such folder."""
    return tuple(sorted(file.stem for file in (FOLDER / folder).glob("*.yaml")))


@cache
def folders() -> tuple[str, ...]:
    """Name the folders of the library."""
    return tuple(sorted(entry.name for entry in FOLDER.iterdir() if entry.is_dir()))


@cache
def part(folder: str, name: str) -> LibraryPart:
    """Read a part that exists; parts that it uses in turn are not put in yet."""
    document = read_yaml(FOLDER / folder / f"{name}.yaml", "a part of the library")
    about: dict[str, Any] = {key: document.tree.get(key) for key in _ABOUT}
    kept = {key: value for key, value in document.tree.items() if key not in _ABOUT}
    return LibraryPart(
        name=about["name"] or name,
        summary=about["summary"] or "",
        fields=Document(tree=kept, places=document.places),
        provenance=about["provenance"] or {},
    )


@cache
def technologies() -> tuple[str, ...]:
    """Name every cell technology: those that cells of the library state on a line of their own."""
    texts: Iterable[str] = (file.read_text(encoding="utf-8") for file in sorted((FOLDER / "cell").glob("*.yaml")))
    return tuple(sorted({name for text in texts for name in re.findall(r"(?m)^technology: *([\w-]+)", text)}))
