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
    spare: bool = False
    """Left out where a terminal is too narrow for all columns."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Rows of text, as many cells in each as there are columns."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    """A sentence on how to read it."""

    def narrower(self, fewer: int) -> Grid:
        """Leave so many of the spare columns out, the last first; the note names them."""
        gone = [place for place, column in enumerate(self.columns) if column.spare][-fewer:]
        kept = [place for place in range(len(self.columns)) if place not in gone]
        names = dict.fromkeys(self.columns[place].name for place in gone)
        note = f"Not shown, as the terminal is narrow: {', '.join(names)}."
        return Grid(
            title=self.title,
            columns=tuple(self.columns[place] for place in kept),
            rows=tuple(tuple(row[place] for place in kept) for row in self.rows),
            note=" ".join(part for part in (self.note, note) if part),
        )

    def first(self, rows: int, where: str) -> Grid:
        """Keep so many rows; the note says how many are left out and where they are."""
        rest = len(self.rows) - rows
        if rest <= 0:
            return self
        note = " ".join(part for part in (self.note, f"{rest} more rows {where}.") if part)
        return Grid(title=self.title, columns=self.columns, rows=self.rows[:rows], note=note)


def left(name: str, *, spare: bool = False) -> Column:
    """Make a column of words."""
    return Column(name, spare=spare)


def right(name: str, *, spare: bool = False) -> Column:
    """Make a column of numbers."""
    return Column(name, "right", spare=spare)


def remark(name: str) -> Column:
    """Make a column of longer text."""
    return Column(name, weak=True)
