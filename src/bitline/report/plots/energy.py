"""Where the energy goes: by component, with the range of its price, and by role of the operators."""

from __future__ import annotations

from bitline.report.colours import FAINT, colours
from bitline.report.plots.plot import Plot, bars, layout, name_axis, safe, scaled, value_axis
from bitline.report.units import quantity, share, span
from bitline.verbs.outcome import Estimate

MOST = 12
LEAST_FRACTION = 0.0005
"""Parts and roles below this share of the energy have no bar."""


def by_component(cost: Estimate) -> Plot:
    """Each part of each engine, and the memories and links."""
    parts = sorted(cost.components, key=lambda part: -(part.energy_j + part.leakage_j))
    parts = [part for part in parts[:MOST] if part.energy_j + part.leakage_j > LEAST_FRACTION * cost.energy_j]
    names = [part.name for part in parts]
    factor, unit = scaled([part.energy_high_j + part.leakage_high_j for part in parts], "J")
    palette = colours([*(engine.name for engine in cost.engines), ""])
    values = [part.energy_j + part.leakage_j for part in parts]
    trace = bars(
        names,
        [factor * value for value in values],
        [palette[part.engine] for part in parts],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [
                factor * (part.energy_high_j + part.leakage_high_j - value)
                for part, value in zip(parts, values, strict=True)
            ],
            "arrayminus": [
                factor * (value - part.energy_low_j - part.leakage_low_j)
                for part, value in zip(parts, values, strict=True)
            ],
            "color": FAINT,
            "thickness": 1,
            "width": 3,
        },
        customdata=[
            f"<b>{safe(part.name)}</b><br>{quantity(value, 'J')}, {share(value / cost.energy_j)}<br>"
            f"range {span(part.energy_low_j + part.leakage_low_j, part.energy_high_j + part.leakage_high_j, 'J')}<br>"
            f"of which leakage {quantity(part.leakage_j, 'J')}"
            for part, value in zip(parts, values, strict=True)
        ],
        showlegend=False,
    )
    return Plot(
        title="Energy by component",
        note="Colours are engines. The thin line is the range of the figures behind each price.",
        traces=(trace,),
        layout=layout(xaxis=value_axis(unit), yaxis=name_axis(names)),
        height=_height(len(names)),
    )


def by_role(cost: Estimate) -> Plot:
    """Show what the energy is spent on."""
    spent = {role: value for role, value in cost.energy_by_role_j().items() if value > LEAST_FRACTION * cost.energy_j}
    ordered = sorted(spent, key=lambda role: -spent[role])[:MOST]
    engine = {operator.role: operator.engine for operator in cost.operators}
    palette = colours([*(one.name for one in cost.engines), ""])
    factor, unit = scaled(list(spent.values()), "J")
    trace = bars(
        ordered,
        [factor * spent[role] for role in ordered],
        [palette[engine.get(role, "")] for role in ordered],
        customdata=[
            f"<b>{safe(role)}</b> on {safe(engine.get(role, 'the whole chip'))}<br>"
            f"{quantity(spent[role], 'J')}, {share(spent[role] / cost.energy_j)}"
            for role in ordered
        ],
        showlegend=False,
    )
    return Plot(
        title="Energy by role",
        note="What the energy is spent on, over the whole request. Colours are engines.",
        traces=(trace,),
        layout=layout(xaxis=value_axis(unit), yaxis=name_axis(ordered)),
        height=_height(len(ordered)),
    )


def _height(rows: int) -> int:
    return 90 + 26 * max(rows, 4)
