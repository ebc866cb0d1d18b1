"""Chips made of one processor of the part library and its own memory, so that they can be named as baselines."""

from __future__ import annotations

from bitline.hardware.document import Document
from bitline.hardware.library import part, part_names

KIND = "gpu"
"""Kind of engine whose library parts are whole chips."""


def device_names() -> tuple[str, ...]:
    """Name the processors of the library that have a memory of the same name there."""
    return tuple(name for name in part_names(KIND) if name in part_names("memory"))


def device(name: str) -> Document:
    """Describe a processor that exists as a chip."""
    return Document(
        tree={
            "name": name,
            "summary": part(KIND, name).summary,
            "technology": {"node_nm": 7.0},
            "engines": {KIND: {"kind": KIND, "use": name, "memory": "memory"}},
            "memories": {"memory": {"use": name}},
            "placement": [{"operators": ["*"], "engine": KIND}],
            "provenance": {"assumptions": {"technology.node_nm": "assumption: no cost of a roofline depends on it"}},
        }
    )
