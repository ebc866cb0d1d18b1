"""Draw docs/images/packing.svg: the nine blocks of WTM2101 on its array, their rows and their bias rows.

Run:    python tools/draw_packing.py [FILE]
"""

from __future__ import annotations

import sys
from pathlib import Path

from drawings.style import COLOURS, Panels, draw, named
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from bitline.mapping.packing import Floor, Spot, pack
from bitline.systems.blocks import load_blocks

FILE = Path(__file__).resolve().parents[1] / "docs" / "images" / "packing.svg"
NINE = load_blocks("wtm2101/nine-blocks")
FLOOR = Floor(columns=1024, regions=(896, 896), bias_rows=NINE.bias_rows)


def packed(panels: Panels) -> None:
    """Draw where each block lies."""
    found = pack(NINE.blocks, FLOOR)
    rows, bias = panels
    for number, spot in enumerate(found.spots):
        colour = COLOURS[number % len(COLOURS)]
        first = FLOOR.first_row(spot.region) + spot.row
        _block(rows, spot, first, spot.block.rows, colour)
        _block(bias, spot, spot.bias_row, spot.block.bias_rows, colour)
    rows.axhline(FLOOR.first_row(1), color="black", linewidth=1.0)
    for axes, height in ((rows, sum(FLOOR.regions)), (bias, FLOOR.bias_rows)):
        axes.set(xlim=(0, FLOOR.columns), ylim=(0, height), xticks=range(0, 1025, 256))
        axes.axvline(found.columns_used, color="black", linestyle=(0, (2, 2)), linewidth=1.0)
    named(rows, "Rows: two halves of 896", "column", "row")
    named(bias, "Bias rows: shared by both halves", "column", "bias row")


def _block(axes: Axes, spot: Spot, first: int, height: int, colour: str) -> None:
    axes.add_patch(
        Rectangle((spot.column, first), spot.block.columns, height, facecolor=colour, alpha=0.75, edgecolor="white")
    )
    axes.text(
        spot.column + spot.block.columns / 2, first + height / 2, spot.block.name, ha="center", va="center",
        fontsize=6.5, rotation=90 if spot.block.columns < 180 else 0,
    )  # fmt: skip


if __name__ == "__main__":
    print(draw(packed, Path(sys.argv[1]) if len(sys.argv) > 1 else FILE))
