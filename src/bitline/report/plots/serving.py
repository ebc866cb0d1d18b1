"""How long requests wait, over all of them and over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitline.report.colours import FAINT, PALETTE
from bitline.report.plots.plot import Plot, layout, scaled, value_axis
from bitline.report.units import duration
from bitline.verbs.serve import Serving

POINTS = 200


def times(found: Serving) -> tuple[Plot, ...]:
    """Draw the share of requests let in, with their first token, and with each further one, within some time."""
    served, targets = found.served, found.targets
    first = {"first token": served.time_to_first_token_s, "let in": served.queueing_s}
    each = {"": served.time_per_token_s}
    return (
        _share("Queueing and time to first token", first, targets.first_token_s, "from the arrival"),
        _share("Time per token", each, targets.per_token_s, "mean of a request's further tokens"),
    )


def over_time(found: Serving) -> Plot:
    """Draw the worst waiting times of arrivals in each stretch of time."""
    served = found.served
    done = np.flatnonzero(served.done)
    groups = [group for group in np.array_split(done, min(POINTS, max(1, done.size))) if group.size]
    when = [float(served.arrivals.arrival_s[group].mean() - served.start_s) for group in groups]
    waited = {
        "first token": [float(served.time_to_first_token_s[group].max()) for group in groups],
        "let in": [float(served.queueing_s[group].max()) for group in groups],
    }
    factor, unit = scaled([value for values in waited.values() for value in values], "s")
    traces = tuple(
        _line(when, [factor * value for value in values], values, name, PALETTE[place])
        for place, (name, values) in enumerate(waited.items())
    )
    return Plot(
        title="Waiting over time",
        note="The longest wait among requests that came at about the same time.",
        traces=traces,
        layout=layout(
            xaxis=value_axis("s from the first arrival", showgrid=False), yaxis=value_axis(unit, ticksuffix=" "),
            margin={"l": 12, "r": 24, "t": 24, "b": 50},
        ),
        wide=True,
    )  # fmt: skip


def _share(title: str, lines: Mapping[str, NDArray[np.float64]], target_s: float, what: str) -> Plot:
    known = {name: values[np.isfinite(values)] for name, values in lines.items()}
    factor, unit = scaled([float(values.max()) for values in known.values() if values.size], "s")
    traces = tuple(_within(name, values, factor, PALETTE[place]) for place, (name, values) in enumerate(known.items()))
    target = {
        "type": "scatter", "mode": "lines", "x": [factor * target_s] * 2, "y": [0, 100], "hoverinfo": "skip",
        "line": {"color": FAINT, "width": 1.5, "dash": "dot"}, "showlegend": False,
    }  # fmt: skip
    return Plot(
        title=title,
        note=f"Share of requests within a time, {what}; the dotted line is the target of {duration(target_s)}.",
        traces=(*traces, target),
        layout=layout(
            xaxis=value_axis(unit), yaxis=value_axis("% of requests", range=[0, 101]),
            margin={"l": 12, "r": 24, "t": 24 if len(traces) > 1 else 8, "b": 50},
        ),
    )  # fmt: skip


def _within(name: str, values: NDArray[np.float64], factor: float, colour: str) -> dict[str, Any]:
    """Draw the share of values that are at most so large."""
    fractions = np.linspace(0, 1, min(POINTS, max(values.size, 2)))
    times_s = np.quantile(values, fractions).tolist() if values.size else []
    shares = [100 * fraction for fraction in fractions.tolist()][: len(times_s)]
    return _line([factor * time_s for time_s in times_s], shares, times_s, name, colour)


def _line(x: list[float], y: list[float], times_s: list[float], name: str, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "showlegend": bool(name),
        "line": {"color": colour, "width": 2.5}, "customdata": [duration(time_s) for time_s in times_s],
        "hovertemplate": "%{customdata}<extra></extra>",
    }  # fmt: skip
