"""How every picture looks: two panels, colours that colour-blind readers tell apart, the same bytes every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator

Panels: TypeAlias = tuple[Axes, Axes]

# Okabe and Ito's colours, which differ in brightness too; black and the light yellow left out.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.5)), (0, (5, 1.5, 1.5, 1.5)), (0, (8, 2)), (0, (3, 1)), "-")
STYLE = {
    "svg.hashsalt": "bitline", "svg.fonttype": "none", "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"], "font.size": 9.0, "axes.titlesize": 9.5,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd",
    "grid.linewidth": 0.6, "axes.axisbelow": True, "lines.linewidth": 1.6, "lines.markersize": 3.5,
    "legend.fontsize": 8.0, "legend.frameon": False, "figure.facecolor": "white", "axes.titlelocation": "left",
}  # fmt: skip


def draw(drawing: Callable[[Panels], None], file: Path) -> Path:
    """Draw one picture into a file and give its path."""
    with pyplot.rc_context(STYLE):
        figure, panels = pyplot.subplots(1, 2, figsize=(8.2, 3.3), layout="constrained")
        drawing((panels[0], panels[1]))
        figure.savefig(file, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    return file


def line(axes: Axes, x: Any, y: Any, *, number: int, label: str | None = None, **given: Any) -> None:
    """Draw a line in the colour and dashes of its number."""
    axes.plot(x, y, **{"color": COLOURS[number], "linestyle": DASHES[number], "label": label, **given})


def points(axes: Axes, x: Any, y: Any, *, number: int, label: str | None = None) -> None:
    """Draw measured points in the colour of their number."""
    axes.plot(x, y, color=COLOURS[number], linestyle="none", marker="o", markerfacecolor="white", label=label)


def named(axes: Axes, title: str, across: str, up: str, **legend: Any) -> None:
    """Say what a panel shows, and what its axes count in which unit."""
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.minorticks_off()
    if axes.get_yscale() == "log" and axes.get_ylim()[1] < 3e3 * axes.get_ylim()[0]:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(**legend)
