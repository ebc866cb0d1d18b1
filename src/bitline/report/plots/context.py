"""How the time of a token grows with what has gone before."""

from __future__ import annotations

from bitline.report.colours import PALETTE
from bitline.report.plots.plot import Plot, layout, scaled, value_axis
from bitline.report.units import quantity
from bitline.verbs.outcome import Estimate

MOST_POINTS = 400


def time_per_token(cost: Estimate) -> Plot | None:
    """Draw the time of each decode step over its context; None where there is no step to draw a line with."""
    steps = cost.time_per_token_s.size
    if steps < 2:
        return None
    every = max(1, steps // MOST_POINTS)
    contexts = [int(context) for context in cost.contexts[::every]]
    times_s = [float(time_s) for time_s in cost.time_per_token_s[::every]]
    factor, unit = scaled(times_s, "s")
    trace = {
        "type": "scatter",
        "mode": "lines",
        "x": contexts,
        "y": [factor * time_s for time_s in times_s],
        "line": {"color": PALETTE[0], "width": 2.5},
        "customdata": [
            f"{context:,} tokens: {quantity(time_s, 's')}" for context, time_s in zip(contexts, times_s, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "showlegend": False,
    }
    return Plot(
        title="Time per token over context",
        note="Each decode step, with the tokens it looks back on, its own included.",
        traces=(trace,),
        layout=layout(
            xaxis=value_axis("tokens of context", rangemode="normal", showgrid=False),
            yaxis=value_axis(unit, ticksuffix=" "),
            margin={"l": 12, "r": 24, "t": 8, "b": 50},
        ),
    )
