"""What is packed and where: matrices as blocks of cells, an array as columns crossed by regions of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.errors import above_other, missing, wrong_type


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A matrix on an array: its inputs are rows, its outputs columns; bias rows hold what is added to each output."""

    name: str
    rows: int
    columns: int
    bias_rows: int = 0

    @property
    def cells(self) -> int:
        """Cells it takes, those of its bias rows included."""
        return (self.rows + self.bias_rows) * self.columns


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """An array that several blocks share.

    A block lies in one region of rows; its bias rows lie next to each other in the same columns, in rows that all
    regions share. Cells are never shared.
    """

    columns: int
    regions: tuple[int, ...]
    """Rows of each region, first row first."""
    bias_rows: int = 0

    @property
    def cells(self) -> int:
        """All cells, those of bias rows included."""
        return (sum(self.regions) + self.bias_rows) * self.columns

    def first_row(self, region: int) -> int:
        """Row of the array that a region begins with."""
        return sum(self.regions[:region])


def refuse_wrong(blocks: tuple[Block, ...], floor: Floor) -> None:
    """Raise ConfigError for sizes below one, for no blocks or regions, and for a block that is too large by itself."""
    if not blocks or not floor.regions:
        raise missing("regions" if blocks else "blocks", "at least one")
    named = [
        (f"blocks.{block.name}.{field}", getattr(block, field)) for block in blocks for field in ("rows", "columns")
    ]
    named += [("columns", floor.columns), *((f"regions.{i}", rows) for i, rows in enumerate(floor.regions))]
    for field, value in named:
        if value < 1:
            raise wrong_type(field, value, "a whole number of at least 1")
    for field, value in (
        ("bias_rows", floor.bias_rows),
        *((f"blocks.{b.name}.bias_rows", b.bias_rows) for b in blocks),
    ):
        if value < 0:
            raise wrong_type(field, value, "a whole number of at least 0")
    for block in blocks:
        for field, limit in (("rows", max(floor.regions)), ("columns", floor.columns), ("bias_rows", floor.bias_rows)):
            if getattr(block, field) > limit:
                other = "the rows of a region" if field == "rows" else f"the array's {field}"
                raise above_other(f"blocks.{block.name}.{field}", getattr(block, field), other, limit)
