"""A result as one HTML file that needs nothing else: plotly.js is inside, once, and nothing is fetched."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import final

from plotly.offline import get_plotlyjs

from bitline.report.colours import colours
from bitline.report.grid import Column, Grid
from bitline.report.headlines import Headline, headlines
from bitline.report.plots.plot import Plot
from bitline.report.result import Result, cost_of, request_of
from bitline.report.sections import Section, sections

POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
"""Whatever a name in a description might try, the page loads nothing and sends nothing."""


NARROW = 3
"""So few columns of short text are not drawn out over the whole page."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What stands on a page."""

    model: str
    chip: str
    asked: str
    """What was done, in one line."""
    cards: tuple[Headline, ...]
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
    engines: tuple[str, ...] = ()
    """Those that colours stand for."""
    footer: str = "Energy and area are those of the parts described; what is left out is not counted."


def page(result: Result) -> str:
    """Write the whole page."""
    cost = cost_of(result)
    return html_of(
        Page(
            model=cost.model,
            chip=cost.chip,
            asked=request_of(result),
            cards=headlines(result),
            warnings=result.warnings,
            sections=sections(result),
            engines=tuple(engine.name for engine in cost.engines),
        )
    )


def html_of(page: Page) -> str:
    """Write a page as one HTML file."""
    plots = [plot for section in page.sections for plot in section.plots]
    numbers = {id(plot): number for number, plot in enumerate(plots)}
    body = "\n".join(_section(section, numbers, _key(page.engines)) for section in page.sections)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{html.escape(page.model)} on {html.escape(page.chip)}</title>
<style>
{files("bitline.report").joinpath("page.css").read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
<header>
<h1>{html.escape(page.model)} <small>on</small> {html.escape(page.chip)}</h1>
<p class="asked">{html.escape(page.asked)}</p>
</header>
{_cards(page.cards)}
{_warnings(page.warnings)}
{body}
<footer>Made with Bitline. {html.escape(page.footer)}</footer>
</main>
<script>{get_plotlyjs()}</script>
<script>
{_drawing(plots)}
</script>
</body>
</html>
"""


def _cards(cards: Sequence[Headline]) -> str:
    """Lay cards out in full rows; where one is left over, the last card takes its room too."""
    across = 4 if len(cards) % 5 else 5
    room = 1 + -len(cards) % across
    style = f"--across: {across}; --room: {room}"
    return f'<div class="cards" style="{style}">{"".join(_card(one) for one in cards)}</div>'


def _card(one: Headline) -> str:
    word = " word" if not one.value[:1].isdigit() else ""
    return (
        f'<div class="card"><p class="name">{html.escape(one.name)}</p>'
        f'<p class="value{word}">{html.escape(one.value)}</p><p class="note">{html.escape(one.note)}</p></div>'
    )


def _warnings(sentences: Iterable[str]) -> str:
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    return f'<div class="warnings"><h3>Know before you quote</h3><ul>{items}</ul></div>' if items else ""


def _key(engines: Iterable[str]) -> str:
    """Name the colour of each engine."""
    shown = {**{name: name for name in engines}, "": "memories, links, leakage"}
    marks = (
        f'<span><i style="background:{colour}"></i>{html.escape(shown[name])}</span>'
        for name, colour in colours(shown).items()
    )
    return f'<p class="key">{"".join(marks)}</p>'


def _section(section: Section, numbers: dict[int, int], key: str) -> str:
    halves = [plot for plot in section.plots if not plot.wide]
    # One half left over would leave a hole beside it.
    alone = halves[-1:] if len(halves) % 2 else []
    plots = "".join(_figure(plot, numbers[id(plot)], plot.wide or plot in alone) for plot in section.plots)
    drawn = f'<div class="plots">{plots}</div>' if plots else ""
    grids = "".join(_grid(grid) for grid in section.grids)
    tables = f"<details><summary>{html.escape(section.fold)}</summary>{grids}</details>" if section.fold else grids
    return f"<section><h2>{html.escape(section.title)}</h2>{key if section.coloured else ''}{drawn}{tables}</section>"


def _figure(plot: Plot, number: int, wide: bool) -> str:
    marked = ' class="wide"' if wide else ""
    return (
        f"<figure{marked}><h3>{html.escape(plot.title)}</h3>"
        f'<p class="note">{html.escape(plot.note)}</p>'
        f'<div class="plot" id="plot{number}" style="height:{plot.height}px"></div></figure>'
    )


def _grid(grid: Grid) -> str:
    head = "".join(f"<th{_class(column)}>{html.escape(column.name)}</th>" for column in grid.columns)
    rows = "".join(f"<tr>{_cells(grid, row)}</tr>" for row in grid.rows)
    note = f'<p class="note">{html.escape(grid.note)}</p>' if grid.note else ""
    narrow = len(grid.columns) <= NARROW and not any(column.weak for column in grid.columns)
    table = '<table class="narrow">' if narrow else "<table>"
    return (
        f'<div class="grid"><h3>{html.escape(grid.title)}</h3>{note}<div class="scroll">'
        f"{table}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def _cells(grid: Grid, row: tuple[str, ...]) -> str:
    return "".join(
        f"<td{_class(column)}>{html.escape(cell)}</td>" for column, cell in zip(grid.columns, row, strict=True)
    )


def _class(column: Column) -> str:
    name = "right" if column.align == "right" else "weak" if column.weak else ""
    return f' class="{name}"' if name else ""


def _drawing(plots: Iterable[Plot]) -> str:
    """Write the calls that draw; inside a script no text may close it or open a comment."""
    calls = []
    for number, plot in enumerate(plots):
        data, layout = json.dumps(plot.traces, allow_nan=False), json.dumps(plot.layout, allow_nan=False)
        calls.append(f'Plotly.newPlot("plot{number}", {data}, {layout}, {{responsive: true, displayModeBar: false}});')
    return "\n".join(calls).replace("<", "\\u003c")
