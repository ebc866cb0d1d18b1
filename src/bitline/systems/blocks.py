"""Matrices that share one array, as lists kept beside a system: `SYSTEM/LIST` is the file `LIST.json` there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.errors import not_one_of
from bitline.hardware.document import refusal
from bitline.hardware.yaml import read_yaml
from bitline.mapping.packing import Block
from bitline.systems.load import FOLDER

EXPECTED = "a list of blocks (JSON)"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class BlockList:
    """Blocks for one array, and what a description of arrays does not hold."""

    source: str
    bias_rows: int
    """Rows for biases that all regions of the array share."""
    blocks: tuple[Block, ...]


def load_blocks(name: str) -> BlockList:
    """Read a list by its name. Raises `ConfigError` for an unknown one and for what is wrong in it."""
    # pydantic takes long to import, and most of the package never reads a description.
    from bitline.hardware.schema import value_of

    files = {file.relative_to(FOLDER).with_suffix("").as_posix(): file for file in FOLDER.rglob("*-blocks.json")}
    if name not in files:
        raise not_one_of("blocks", name, files)
    document = read_yaml(files[name], EXPECTED)
    made, problems = value_of(BlockList, document.tree)
    if not isinstance(made, BlockList):
        raise refusal(document, problems)
    return made
