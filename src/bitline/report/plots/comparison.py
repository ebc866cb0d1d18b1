"""Several systems in one plot: speed against energy, first tokens, energy and time of a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bitline.report.colours import FAINT, INK, PALETTE, colours
from bitline.report.comparison_grids import rate
from bitline.report.plots.axes import spread, spread_axis
from bitline.report.plots.plot import Plot, bars, bars_height, layout, name_axis, safe, scaled, value_axis
from bitline.report.units import quantity
from bitline.verbs.compare import Comparison, Entry

WIDE, FAR = 30.0, 4.0
"""Largest over smallest from which an axis is logarithmic: one of bars, one of points."""
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
            xaxis=spread_axis("tokens/s", rates, FAR),
            yaxis=spread_axis("J/token", [*lows, *highs], FAR, ticksuffix=" "),
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
    axis = spread_axis(unit, values, WIDE)
    return Plot(
        title="Time to first token" if compared.request.generate else "Time",
        note=f"The pass over the prompt.{spread(axis)}"
        if compared.request.generate
        else f"Of the whole pass.{spread(axis)}",
        traces=(trace,),
        layout=layout(xaxis=axis, yaxis=name_axis(names), margin={"l": 12, "r": 64, "t": 8, "b": 44}),
        height=bars_height(len(names)),
    )


def energy_per_token(compared: Comparison) -> Plot:
    """Draw the energy of a token on each system, with its range."""
    known = sorted(compared.running, key=lambda pair: pair[1].energy_per_token_j)
    names = [one.chip for one, _ in known]
    tokens = [cost.request.tokens for _, cost in known]
    lows, middles, highs = (
        [getattr(cost, name) / each for (_, cost), each in zip(known, tokens, strict=True)]
        for name in ("energy_low_j", "energy_j", "energy_high_j")
    )
    factor, unit = scaled(highs, "J")
    trace = bars(
        names, [factor * value for value in middles], PALETTE[0], showlegend=False,
        error_x={
            "type": "data", "symmetric": False, "color": FAINT, "thickness": 1, "width": 3,
            "array": [factor * (high - value) for high, value in zip(highs, middles, strict=True)],
            "arrayminus": [factor * (value - low) for low, value in zip(lows, middles, strict=True)],
        },
        customdata=[
            f"<b>{safe(name)}</b><br>{quantity(value, 'J')}, {quantity(low, 'J')} to {quantity(high, 'J')}"
            for name, low, value, high in zip(names, lows, middles, highs, strict=True)
        ],
    )  # fmt: skip
    axis = spread_axis(unit, [factor * value for value in (*lows, *highs)], WIDE)
    return Plot(
        title="Energy per token",
        note=f"Thin lines: every price at its low or high end.{spread(axis)}",
        traces=(trace,),
        layout=layout(xaxis=axis, yaxis=name_axis(names)),
        height=bars_height(len(names)),
    )


def times_per_token(compared: Comparison) -> Plot | None:
    """Draw the time of a decode step over its context, a line for each system; None where no tokens are made."""
    known = [one for one in compared.entries if one.growth.contexts.size]
    if not known:
        return None
    palette = colours(one.chip for one in known)
    factor, unit = scaled([float(one.growth.time_per_token_s.max()) for one in known], "s")
    lines = [
        _line(one, factor, palette[one.chip], DASHES[place // len(PALETTE) % len(DASHES)])
        for place, one in enumerate(known)
    ]
    contexts = sorted({int(context) for one in known for context in one.growth.contexts})
    return Plot(
        title="Time per token over context",
        note=f"A decode step of a batch of {compared.request.batch:,}, beyond the request too. A line with a mark ends "
        "where keys and values would no longer fit, others with the positions of the model.",
        traces=tuple(lines),
        layout=layout(
            xaxis=value_axis(
                "tokens of context", type="log", rangemode="normal", showgrid=False, tickvals=contexts,
                ticktext=[f"{context:,}" for context in contexts],
            ),
            yaxis=spread_axis(unit, [value for line in lines for value in line["y"]], FAR, ticksuffix=" "),
            legend={"orientation": "v", "x": 1.01, "y": 1, "font": {"size": 12}},
            margin={"l": 12, "r": 24, "t": 8, "b": 50},
        ),
        height=max(340, 60 + 20 * len(known)),
        wide=True,
    )  # fmt: skip


def _line(one: Entry, factor: float, colour: str, dash: str) -> Mapping[str, Any]:
    grown = one.growth
    times_s, contexts = grown.time_per_token_s.tolist(), grown.contexts.tolist()
    return {
        "type": "scatter", "mode": "lines+markers", "name": safe(one.chip), "x": contexts,
        "y": [factor * time_s for time_s in times_s], "line": {"color": colour, "width": 2.5, "dash": dash},
        "marker": {"size": [0] * (len(contexts) - 1) + [8 if grown.full else 0], "symbol": "square", "color": colour},
        "customdata": [
            f"<b>{safe(one.chip)}</b><br>{context:,} tokens: {quantity(time_s, 's')}"
            for context, time_s in zip(contexts, times_s, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }  # fmt: skip
