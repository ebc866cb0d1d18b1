"""Models that come with the package, as a table of the fields their families read.

`presets.json` has `sources`, where each group of numbers comes from, and `models`: for each name the family, the
source, the tag of the fact (stated, second-hand, recalled) and the fields.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, final


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PresetSource:
    """Where the numbers of a preset come from."""

    source: str
    tag: str
    """stated, second-hand, recalled."""
    note: str


def preset_names() -> tuple[str, ...]:
    """List the models that come with the package."""
    return tuple(sorted(_table()["models"]))


def preset_fields(name: str) -> dict[str, object] | None:
    """Give the fields of a preset, or None if there is none of that name."""
    entry = _table()["models"].get(name)
    return None if entry is None else {"model_type": entry["family"], **entry["fields"]}


def preset_source(name: str) -> PresetSource | None:
    """Say where the numbers of a preset come from."""
    entry = _table()["models"].get(name)
    if entry is None:
        return None
    return PresetSource(source=_table()["sources"][entry["source"]], tag=entry["tag"], note=entry.get("note", ""))


@cache
def _table() -> dict[str, Any]:
    text = files("bitline.workload").joinpath("presets.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
