"""What every plot is: traces and a layout in one style, and a sentence that says how to read it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from bitline.report.colours import FAINT, GRID, INK, PAPER
from bitline.report.units import PREFIXES, prefix_power

FONT = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One plot, ready for plotly.js."""

    title: str
    note: str
    traces: tuple[Mapping[str, Any], ...]
    layout: Mapping[str, Any]
    height: int = 340
    """In pixels."""
    wide: bool = False
    """Takes the whole width of the page."""


def layout(**changes: Any) -> dict[str, Any]:
    """Give the style that all plots share, with some of it changed."""
    shared: dict[str, Any] = {
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "font": {"family": FONT, "size": 13, "color": INK},
        "margin": {"l": 12, "r": 24, "t": 8, "b": 44},
        "hoverlabel": {"font": {"family": FONT, "size": 13}, "align": "left"},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 12}},
        "barmode": "overlay",
        "bargap": 0.32,
    }
    return {**shared, **changes}


def value_axis(title: str, **changes: Any) -> dict[str, Any]:
    """Give an axis of numbers: faint lines, no frame."""
    return {
        "title": {"text": title, "font": {"size": 12, "color": FAINT}, "standoff": 8},
        "gridcolor": GRID,
        "zeroline": False,
        "tickfont": {"size": 12, "color": FAINT},
        "automargin": True,
        "rangemode": "tozero",
        **changes,
    }


def name_axis(names: Sequence[str], **changes: Any) -> dict[str, Any]:
    """Give an axis of names, the first on top."""
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": [safe(name) for name in reversed(names)],
        "tickfont": {"size": 12},
        "automargin": True,
        "ticklen": 6,
        "tickcolor": PAPER,
        "showgrid": False,
        **changes,
    }


def scaled(values: Sequence[float], unit: str) -> tuple[float, str]:
    """Give the factor and the unit in which the largest of some numbers is easy to read."""
    power = prefix_power(max(values, default=0.0))
    return 10.0**-power, f"{PREFIXES[power]}{unit}"


def bars(names: Sequence[str], values: Sequence[float], colour: str | Sequence[str], **changes: Any) -> dict[str, Any]:
    """Make horizontal bars."""
    return {
        "type": "bar",
        "orientation": "h",
        "y": [safe(name) for name in names],
        "x": list(values),
        "marker": {"color": colour if isinstance(colour, str) else list(colour)},
        "hovertemplate": "%{customdata}<extra></extra>",
        **changes,
    }


def bars_height(rows: int) -> int:
    """Give the pixels that so many bars take."""
    return 90 + 26 * max(rows, 4)


def safe(text: str) -> str:
    """Escape a name: plotly.js reads a little HTML in its labels."""
    return html.escape(text, quote=False)
