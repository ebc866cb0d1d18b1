"""A table as plain text in rows; the terminal and the page each draw it in their own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final


@final
@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    align: Literal["left", "right"] = "left"
    weak: bool = False
    """Shortened first where space is scarce, and set in a fainter colour."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Rows of text, as many cells in each as there are columns."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    """A sentence on how to read it."""

    def first(self, rows: int, where: str) -> Grid:
        """Keep so many rows; the note says how many are left out and where they are."""
        rest = len(self.rows) - rows
        if rest <= 0:
            return self
        note = " ".join(part for part in (self.note, f"{rest} more rows {where}.") if part)
        return Grid(title=self.title, columns=self.columns, rows=self.rows[:rows], note=note)


def left(name: str) -> Column:
    """Make a column of words."""
    return Column(name)


def right(name: str) -> Column:
    """Make a column of numbers."""
    return Column(name, "right")


def remark(name: str) -> Column:
    """Make a column of longer text."""
    return Column(name, weak=True)
