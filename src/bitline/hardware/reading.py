"""From a file, a text or plain values to a chip: parts put in, everything checked, every error in its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

from bitline.hardware.chip import Chip
from bitline.hardware.document import Document, refusal
from bitline.hardware.of_memory import with_numbers_of_memories
from bitline.hardware.using import EngineKinds, with_parts
from bitline.hardware.writing import to_document
from bitline.hardware.yaml import parse_yaml, read_yaml

EXPECTED = "a chip description (YAML or JSON)"


def read_chip(file: File, engine_kinds: EngineKinds) -> Chip:
    """Read a chip from a file; `engine_kinds` names the engines that may stand in it.

    Raises `DataError` if the file is not YAML or JSON, `ConfigError` with everything that is wrong in it.
    """
    return parse_chip(read_yaml(file, EXPECTED), engine_kinds)


def parse_chip_text(text: str, engine_kinds: EngineKinds, name: str = "chip") -> Chip:
    """Read a chip from YAML or JSON text; `name` stands for the file in messages. Raises as `read_chip`."""
    return parse_chip(parse_yaml(text, name, EXPECTED), engine_kinds)


def parse_chip(document: Document | Mapping[str, Any], engine_kinds: EngineKinds) -> Chip:
    """Make a chip of what was read, or of plain dicts and lists. Raises `ConfigError`."""
    # pydantic takes long to import, and most of the package never reads a description.
    from bitline.hardware.checks import problems
    from bitline.hardware.schema import chip_of

    written = document if isinstance(document, Document) else Document(tree=_plain(document))
    complete = with_numbers_of_memories(with_parts(written, Chip, engine_kinds), engine_kinds)
    made = chip_of(complete.tree, engine_kinds)
    if not isinstance(made, Chip):
        raise refusal(complete, made)
    if wrong := problems(made):
        raise refusal(complete, wrong)
    return made


def checked(chip: Chip, engine_kinds: EngineKinds) -> Chip:
    """Give back a chip that was built in Python if it could stand in a file. Raises `ConfigError`."""
    return parse_chip(to_document(chip), engine_kinds)


def _plain(value: Any) -> Any:
    """Make what a caller gave the dicts and lists that a file would have given."""
    if isinstance(value, Mapping):
        return {str(key): _plain(below) for key, below in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
