"""Sums that reached the converters, as shares of their range."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bitline.report.colours import colours
from bitline.report.plots.plot import Plot, layout, safe, value_axis
from bitline.report.units import share

if TYPE_CHECKING:
    from bitline.verbs.activity import MatrixUse

LOGARITHMS = {"type": "log", "rangemode": "normal", "exponentformat": "power", "dtick": 1}


def histograms(uses: Iterable[MatrixUse]) -> Plot | None:
    """Draw a line for each role; None where no matrix has converters."""
    counted: dict[str, list[int]] = {}
    for use in uses:
        if use.activity.converter is not None:
            role = ", ".join(use.roles)
            before = counted.get(role, [0] * len(use.activity.converter.histogram))
            counted[role] = [a + b for a, b in zip(before, use.activity.converter.histogram, strict=True)]
    if not counted:
        return None
    palette = colours(counted)
    return Plot(
        title="Sums at the converters",
        note="Conversions in each 64th of the converter's range, before noise; what is clipped is at the ends.",
        traces=tuple(_line(role, counts, palette[role]) for role, counts in counted.items()),
        layout=layout(
            xaxis=value_axis("% of the converter's range", range=[0, 100], showgrid=False),
            yaxis=value_axis("share of conversions", **LOGARITHMS),
            margin={"l": 12, "r": 24, "t": 8, "b": 50},
        ),
        wide=True,
    )


def _line(role: str, counts: list[int], colour: str) -> dict[str, object]:
    total, bins = sum(counts), len(counts)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": safe(role),
        "x": [100.0 * (place + 0.5) / bins for place in range(bins)],
        "y": [value / total if value else None for value in counts],
        "line": {"color": colour, "width": 2, "shape": "hvh"},
        "customdata": [
            f"<b>{safe(role)}</b><br>{100 * place / bins:.0f} to {100 * (place + 1) / bins:.0f}% of the range: "
            f"{share(value / total)}"
            for place, value in enumerate(counts)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
