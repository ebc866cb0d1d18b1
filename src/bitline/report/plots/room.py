"""How much of its room a model takes on each system, and on which it is too large."""

from __future__ import annotations

from bitline.report.cautions import rewrites, unplaced
from bitline.report.colours import INK, PALETTE
from bitline.report.comparison_grids import times
from bitline.report.plots.axes import spread, spread_axis
from bitline.report.plots.plot import Plot, bars, bars_height, layout, name_axis, safe
from bitline.report.units import share
from bitline.verbs.compare import Comparison

TOO_SMALL = PALETTE[4]
WIDE = 30.0
"""Largest over smallest from which the axis is logarithmic."""
MANY_TIMES = 10.0
"""From here on room is told as a factor."""


def room(compared: Comparison) -> Plot | None:
    """Draw how much of its room the model takes on each system; None where nothing is kept."""
    known = [
        (one.chip, one.fullest)
        for one in compared.entries
        if one.fullest is not None and not (one.estimate and (rewrites(one.estimate) or unplaced(one.estimate)))
    ]
    known.sort(key=lambda pair: pair[1].used_fraction)
    if not known:
        return None
    names = [name for name, _ in known]
    percent = [100 * store.used_fraction for _, store in known]
    words = [
        share(store.used_fraction) if store.used_fraction < MANY_TIMES else f"× {times(store.used_fraction)}"
        for _, store in known
    ]
    trace = bars(
        names, percent, [TOO_SMALL if store.missing else PALETTE[0] for _, store in known], text=words,
        textposition="outside", cliponaxis=False, showlegend=False,
        customdata=[
            f"<b>{safe(name)}</b>, {store.unit}<br>{time}" for (name, store), time in zip(known, words, strict=True)
        ],
    )  # fmt: skip
    axis = spread_axis("% of the room", [*percent, 100.0], WIDE)
    line = {
        "type": "line", "x0": 100, "x1": 100, "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": INK, "width": 1, "dash": "dot"},
    }  # fmt: skip
    return Plot(
        title="Room the model takes",
        note=f"Of the fullest memory, or of the arrays; red ones are too small.{spread(axis)}",
        traces=(trace,),
        layout=layout(xaxis=axis, yaxis=name_axis(names), shapes=[line], margin={"l": 12, "r": 64, "t": 8, "b": 44}),
        height=bars_height(len(names)),
    )
