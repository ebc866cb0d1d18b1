"""Where the time goes, operator by operator, in each phase."""

from __future__ import annotations

from bitline.report.colours import colours
from bitline.report.plots.plot import Plot, bars, layout, name_axis, safe, scaled, value_axis
from bitline.report.units import quantity
from bitline.verbs.outcome import Estimate, OperatorCost, PhaseCost

MOST = 12
LEAST_FRACTION = 0.001


def by_operator(cost: Estimate, phase: PhaseCost) -> Plot:
    """Each operator alone, all layers and steps of the phase together, beside the time of the whole phase."""
    ordered = sorted((one for one in cost.operators if one.phase == phase.name), key=lambda one: -one.time_s)
    shown = [one for one in ordered[:MOST] if one.time_s > LEAST_FRACTION * phase.time_s]
    palette = colours(engine.name for engine in cost.engines)
    names = _labels(shown)
    factor, unit = scaled([*(one.time_s for one in shown), phase.time_s], "s")
    trace = bars(
        names,
        [factor * one.time_s for one in shown],
        [palette[one.engine] for one in shown],
        customdata=[
            f"<b>{safe(one.name)}</b> on {safe(one.engine)}<br>{quantity(one.time_s, 's')} in {one.layers:,} layers<br>"
            f"waits for {safe(one.bottleneck)}"
            for one in shown
        ],
        showlegend=False,
    )
    return Plot(
        title=f"Time by operator, {phase.name}",
        note=(
            f"Each operator alone; where they overlap, the phase is shorter than their sum. "
            f"The line is the whole phase: {quantity(phase.time_s, 's')}."
        ),
        traces=(trace,),
        layout=layout(xaxis=value_axis(unit), yaxis=name_axis(names), shapes=[_mark(factor * phase.time_s)]),
        height=90 + 26 * max(len(shown), 4),
    )


def _labels(shown: list[OperatorCost]) -> list[str]:
    """Name operators; with their block where a name comes twice."""
    names = [one.name for one in shown]
    labels = [one.name if names.count(one.name) == 1 else f"{one.block}.{one.name}" for one in shown]
    return [label if labels.count(label) == 1 else f"{label} ({place})" for place, label in enumerate(labels)]


def _mark(at: float) -> dict[str, object]:
    return {
        "type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": "#1f2a37", "width": 1, "dash": "dot"},
    }  # fmt: skip
