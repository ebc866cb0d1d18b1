"""One layer played through: which unit works on what, and when."""

from __future__ import annotations

from bitline.report.colours import colours
from bitline.report.plots.plot import Plot, bars, layout, name_axis, safe, scaled, value_axis
from bitline.report.units import quantity
from bitline.timeline import Event
from bitline.verbs.outcome import Estimate, PhaseCost

BLOCK_SHADES = (1.0, 0.62)
"""Blocks of tokens that follow each other stand out by turns."""


def timeline(cost: Estimate, phase: PhaseCost) -> Plot:
    """Draw the events of one layer, a row for each unit."""
    events = phase.events
    units = list(dict.fromkeys(event.resource for event in sorted(events, key=lambda event: event.start_s)))
    palette = colours([*(engine.name for engine in cost.engines), ""])
    factor, unit = scaled([event.end_s for event in events], "s")
    trace = bars(
        [event.resource for event in events],
        [factor * (event.end_s - event.start_s) for event in events],
        [palette.get(event.resource.partition("/")[0], palette[""]) for event in events],
        base=[factor * event.start_s for event in events],
        customdata=[
            f"<b>{safe(event.name)}</b><br>{quantity(event.start_s, 's')} to {quantity(event.end_s, 's')}, "
            f"{quantity(event.end_s - event.start_s, 's')}"
            for event in events
        ],
        showlegend=False,
    )
    marker = {**trace["marker"], "opacity": [_shade(event) for event in events], "line": {"width": 0}}
    return Plot(
        title=f"One layer, {phase.name}",
        note=_note(cost, phase),
        traces=({**trace, "marker": marker},),
        layout=layout(xaxis=value_axis(unit), yaxis=name_axis(units), bargap=0.25),
        height=90 + 26 * max(len(units), 3),
        wide=True,
    )


def _shade(event: Event) -> float:
    _, bracket, number = event.name.rpartition("[")
    return BLOCK_SHADES[int(number[:-1]) % 2] if bracket and number[:-1].isdigit() else 1.0


def _note(cost: Estimate, phase: PhaseCost) -> str:
    blocks = " Shades are blocks of tokens; the first few are shown." if any(
        _shade(event) < 1 for event in phase.events
    ) else ""  # fmt: skip
    at = f" at {int(cost.contexts[-1]):,} tokens of context" if phase.name == "decode" else ""
    return f"One of the {phase.layer}{at}: a row is a unit, a bar is an operator.{blocks}"
