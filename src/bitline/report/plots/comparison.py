"""Several systems in one plot: speed against energy, first tokens, where time goes, time per token."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bitline.report.colours import FAINT, INK, PALETTE, colours
from bitline.report.comparison_grids import rate, rewrites, times
from bitline.report.plots.context import MOST_POINTS
from bitline.report.plots.plot import Plot, bars, layout, name_axis, safe, scaled, value_axis
from bitline.report.units import quantity, share
from bitline.verbs.compare import Comparison
from bitline.verbs.outcome import Estimate, PhaseName
from bitline.verbs.spent_time import CLASSES, time_by_class

WIDE, FAR = 30.0, 4.0
"""Largest over smallest from which an axis is logarithmic: one of bars, one of points."""
TOO_SMALL = PALETTE[4]
CLOSE_DECADES = 3
"""So few decades have marks between them."""
MANY_TIMES = 10.0
"""From here on room is told as a factor."""
DASHES = ("solid", "dash", "dot", "dashdot")
"""For more systems than there are colours."""


def speed_and_energy(compared: Comparison) -> Plot:
    """Draw tokens per second against joules per token, with the range of energies."""
    known = sorted(compared.running, key=lambda pair: rate(pair[1]))
    costs = [cost for _, cost in known]
    rates = [rate(cost) for cost in costs]
    joules = [cost.energy_per_token_j for cost in costs]
    lows = [cost.energy_low_j / cost.request.tokens for cost in costs]
    highs = [cost.energy_high_j / cost.request.tokens for cost in costs]
    trace = {
        "type": "scatter", "mode": "markers+text", "x": rates, "y": joules,
        "text": [safe(one.chip) for one, _ in known], "cliponaxis": False,
        "textposition": [
            "middle right" if low < high else "top center" if place % 2 else "bottom center"
            for place, (low, high) in enumerate(zip(lows, highs, strict=True))
        ],
        "textfont": {"size": 11, "color": INK}, "marker": {"size": 10, "color": PALETTE[0]},
        "error_y": {
            "type": "data", "symmetric": False, "color": FAINT, "thickness": 1, "width": 3,
            "array": [high - typical for high, typical in zip(highs, joules, strict=True)],
            "arrayminus": [typical - low for low, typical in zip(lows, joules, strict=True)],
        },
        "customdata": [
            f"<b>{safe(one.chip)}</b><br>{each:,.3g} tokens/s<br>{quantity(typical, 'J')} per token, "
            f"{quantity(low, 'J')} to {quantity(high, 'J')}"
            for (one, _), each, typical, low, high in zip(known, rates, joules, lows, highs, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>", "showlegend": False,
    }  # fmt: skip
    return Plot(
        title="Speed and energy",
        note="Right is faster, down is thriftier. Thin lines: every price at its low or high end; a point without one "
        "has no range.",
        traces=(trace,),
        layout=layout(
            xaxis=_axis("tokens/s", rates, FAR), yaxis=_axis("J/token", [*lows, *highs], FAR, ticksuffix=" "),
            margin={"l": 12, "r": 40, "t": 24, "b": 50},
        ),
        height=420,
        wide=True,
    )  # fmt: skip


def first_tokens(compared: Comparison) -> Plot:
    """Draw the time to the first token of each system."""
    known = sorted(compared.running, key=lambda pair: pair[1].time_to_first_token_s)
    names = [one.chip for one, _ in known]
    times_s = [cost.time_to_first_token_s for _, cost in known]
    factor, unit = scaled(times_s, "s")
    values = [factor * time_s for time_s in times_s]
    told = [quantity(time_s, "s") for time_s in times_s]
    trace = bars(
        names, values, PALETTE[0], text=told, textposition="outside", cliponaxis=False, showlegend=False,
        customdata=[f"<b>{safe(name)}</b><br>{time}" for name, time in zip(names, told, strict=True)],
    )  # fmt: skip
    axis = _axis(unit, values, WIDE)
    how = _how(axis)
    return Plot(
        title="Time to first token" if compared.request.generate else "Time",
        note=f"The pass over the prompt.{how}" if compared.request.generate else f"Of the whole pass.{how}",
        traces=(trace,),
        layout=layout(xaxis=axis, yaxis=name_axis(names), margin={"l": 12, "r": 64, "t": 8, "b": 44}),
        height=_height(len(names)),
    )


def room(compared: Comparison) -> Plot | None:
    """Draw how much of its room the model takes on each system; None where nothing is kept."""
    known = [
        (one.chip, one.fullest)
        for one in compared.entries
        if one.fullest is not None and not (one.estimate and rewrites(one.estimate))
    ]
    known.sort(key=lambda pair: pair[1].used_fraction)
    if not known:
        return None
    names = [name for name, _ in known]
    percent = [100 * store.used_fraction for _, store in known]
    told = [
        share(store.used_fraction) if store.used_fraction < MANY_TIMES else f"× {times(store.used_fraction)}"
        for _, store in known
    ]
    trace = bars(
        names, percent, [TOO_SMALL if store.missing else PALETTE[0] for _, store in known], text=told,
        textposition="outside", cliponaxis=False, showlegend=False,
        customdata=[
            f"<b>{safe(name)}</b>, {store.unit}<br>{time}" for (name, store), time in zip(known, told, strict=True)
        ],
    )  # fmt: skip
    axis = _axis("% of the room", [*percent, 100.0], WIDE)
    line = {
        "type": "line", "x0": 100, "x1": 100, "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": INK, "width": 1, "dash": "dot"},
    }  # fmt: skip
    return Plot(
        title="Room the model takes",
        note=f"Of the fullest memory, or of the arrays; red ones are too small.{_how(axis)}",
        traces=(trace,),
        layout=layout(xaxis=axis, yaxis=name_axis(names), shapes=[line], margin={"l": 12, "r": 64, "t": 8, "b": 44}),
        height=_height(len(names)),
    )


def shares_of_time(compared: Comparison, phase: PhaseName) -> Plot | None:
    """Draw for each system what its time in a phase is spent on; None where there is no such phase."""
    known = [
        (one.chip, found, time_by_class(found))
        for one, cost in compared.running
        for found in cost.phases
        if found.name == phase
    ]
    if not known:
        return None
    names = [name for name, _, _ in known]
    palette = colours(CLASSES)
    traces = tuple(
        bars(
            names,
            [100 * spent.get(kind, 0.0) / found.time_s for _, found, spent in known],
            palette[kind],
            name=kind,
            customdata=[
                f"<b>{safe(name)}</b><br>{kind}: {share(spent.get(kind, 0.0) / found.time_s)}, "
                f"{quantity(spent.get(kind, 0.0) / found.steps, 's')} a step"
                for name, found, spent in known
            ],
        )
        for kind in CLASSES
        if any(spent.get(kind) for _, _, spent in known)
    )
    return Plot(
        title=f"Where the time goes, {phase}",
        note="Each second to the operators that the system then waits for.",
        traces=traces,
        layout=layout(
            barmode="stack", xaxis=value_axis("% of the phase", range=[0, 100]), yaxis=name_axis(names),
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        ),
        height=_height(len(names)) + 40,
    )  # fmt: skip


def times_per_token(compared: Comparison) -> Plot | None:
    """Draw the time of each decode step over its context, a line for each system; None where there are no steps."""
    known = [(one.chip, cost) for one, cost in compared.running if cost.time_per_token_s.size > 1]
    if not known:
        return None
    palette = colours(name for name, _ in known)
    largest = max(float(cost.time_per_token_s.max()) for _, cost in known)
    factor, unit = scaled([largest], "s")
    lines = [_line(name, cost, factor, palette[name], DASHES[place // len(PALETTE) % len(DASHES)])
             for place, (name, cost) in enumerate(known)]  # fmt: skip
    return Plot(
        title="Time per token over context",
        note="Each decode step, with the tokens it looks back on, its own included.",
        traces=tuple(lines),
        layout=layout(
            xaxis=value_axis("tokens of context", rangemode="normal", showgrid=False),
            yaxis=_axis(unit, [value for line in lines for value in line["y"]], FAR, ticksuffix=" "),
            legend={"orientation": "v", "x": 1.01, "y": 1, "font": {"size": 12}},
            margin={"l": 12, "r": 24, "t": 8, "b": 50},
        ),
        height=max(340, 60 + 20 * len(known)),
        wide=True,
    )


def _line(name: str, cost: Estimate, factor: float, colour: str, dash: str) -> Mapping[str, Any]:
    every = max(1, cost.time_per_token_s.size // MOST_POINTS)
    times_s, contexts = cost.time_per_token_s[::every].tolist(), cost.contexts[::every].tolist()
    return {
        "type": "scatter", "mode": "lines", "name": safe(name), "x": contexts,
        "y": [factor * time_s for time_s in times_s], "line": {"color": colour, "width": 2.5, "dash": dash},
        "customdata": [
            f"<b>{safe(name)}</b><br>{context:,} tokens: {quantity(time_s, 's')}"
            for context, time_s in zip(contexts, times_s, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }  # fmt: skip


def _axis(title: str, values: Sequence[float], far: float, **changes: Any) -> dict[str, Any]:
    """Give an axis of numbers, logarithmic where the largest is so many times the smallest."""
    known = [value for value in values if value > 0]
    low, high = (min(known), max(known)) if known else (1.0, 1.0)
    if high < far * low:
        return value_axis(title, **changes)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    digits = (1, 2, 5) if last - first <= CLOSE_DECADES else (1,)
    marks = [digit * 10.0**power for power in range(first, last + 1) for digit in digits]
    return value_axis(
        title,
        **changes,
        type="log",
        rangemode="normal",
        tickvals=marks,
        ticktext=[f"{mark:,.9g}{changes.get('ticksuffix', '')}" for mark in marks],
    )


def _how(axis: Mapping[str, Any]) -> str:
    return " The axis is logarithmic." if axis.get("type") == "log" else ""


def _height(rows: int) -> int:
    return 90 + 26 * max(rows, 4)
