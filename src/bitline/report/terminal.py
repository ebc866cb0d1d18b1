"""Grids and headlines drawn by rich, at most 100 columns wide."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import final

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bitline.report.grid import Grid
from bitline.report.headlines import Headline

WIDTH = 100
WELL_APART, APART = 3, 2
"""Characters between columns."""
LEAST_WEAK = 24
"""Characters that a column of longer text is shortened to."""


@final
@dataclass(frozen=True, slots=True)
class _Fitting:
    """A grid with room between columns; where that is too wide with less, then without spare columns, last first."""

    grid: Grid

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        spare = sum(column.spare for column in self.grid.columns)
        ways = [(self.grid, between) for between in (WELL_APART, APART)]
        ways += [(self.grid.narrower(fewer), APART) for fewer in range(1, spare + 1)]
        fitting = ((grid, between) for grid, between in ways if _width(grid, between) <= options.max_width)
        yield _table(*next(fitting, ways[-1]))


def drawn(grid: Grid) -> RenderableType:
    """Draw a grid."""
    return Padding(_Fitting(grid), (1, 0, 0, 0))


def _width(grid: Grid, between: int) -> int:
    """Count the characters that a grid needs to show every cell in one line, but those that may be shortened."""
    columns = zip(*([column.name for column in grid.columns], *grid.rows), strict=True)
    needed = (
        min(max(map(cell_len, cells)), LEAST_WEAK) if column.weak else max(map(cell_len, cells))
        for column, cells in zip(grid.columns, columns, strict=True)
    )
    return sum(needed) + between * len(grid.columns)


def _table(grid: Grid, between: int) -> Table:
    # Text, not markup: a name in brackets is a name.
    table = Table(
        title=Text(grid.title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False,
        caption=Text(grid.note, style="dim") if grid.note else None, caption_justify="left", header_style="dim",
        padding=(0, 1, 0, between - APART),
    )  # fmt: skip
    for place, column in enumerate(grid.columns):
        whole = not column.weak and (column.align == "right" or place == 0)
        table.add_column(
            Text(column.name),
            justify=column.align,
            style="dim" if column.weak else "",
            no_wrap=whole,
            overflow="ellipsis" if whole else "fold",
            ratio=1 if column.weak else None,
        )
    for row in grid.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def lines(headlines: Iterable[Headline]) -> Table:
    """Draw headlines: name, value, what it means."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(style="bold", no_wrap=True, justify="right")
    table.add_column(style="dim")
    for one in headlines:
        table.add_row(Text(one.name), Text(one.value), Text(one.note))
    return table


def sentences(told: Iterable[str], mark: str) -> Iterator[RenderableType]:
    """Draw sentences, each a paragraph that hangs from a mark."""
    for one in told:
        paragraph = Table.grid(padding=(0, 1))
        paragraph.add_row(Text(mark, style="bold yellow"), Text(one))
        yield paragraph


def plain(parts: Iterable[RenderableType]) -> str:
    """Give the text without colours."""
    file = io.StringIO()
    console = Console(
        file=file, width=WIDTH, no_color=True, force_terminal=False, highlight=False, legacy_windows=False
    )
    _print(console, parts)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def show(parts: Iterable[RenderableType]) -> None:
    """Print, in colour where there is a terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        print(plain(parts), end="")
        return
    console.width = min(console.width, WIDTH)
    _print(console, parts)


def _print(console: Console, parts: Iterable[RenderableType]) -> None:
    for part in parts:
        console.print(part)
