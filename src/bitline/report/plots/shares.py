"""What time and energy of each system go to, as shares of its own whole."""

from __future__ import annotations

from collections.abc import Mapping

from bitline.report.colours import colours
from bitline.report.plots.plot import Plot, bars, bars_height, layout, name_axis, safe, value_axis
from bitline.report.units import quantity, share
from bitline.verbs.classes import CLASSES, STANDING, energy_by_class, time_by_class
from bitline.verbs.compare import Comparison
from bitline.verbs.outcome import PhaseName


def energy(compared: Comparison) -> Plot:
    """Draw for each system what its energy is spent on."""
    spent = {one.chip: energy_by_class(cost) for one, cost in compared.running}
    return _stacked("Where the energy goes", "All of the request; standing: drawn whatever runs.", "energy", spent, "J")


def time(compared: Comparison, phase: PhaseName) -> Plot | None:
    """Draw for each system what its time in a phase is spent on; None where there is no such phase."""
    spent = {
        one.chip: time_by_class(found) for one, cost in compared.running for found in cost.phases if found.name == phase
    }
    note = "By what is waited for; operators that overlap share the time by what each takes alone."
    return _stacked(f"Where the time goes, {phase}", note, "phase", spent, "s") if spent else None


def _stacked(title: str, note: str, whole: str, spent: Mapping[str, Mapping[str, float]], unit: str) -> Plot:
    """Draw shares of each system's own whole, a colour for each class."""
    names, totals = list(spent), [sum(one.values()) or 1.0 for one in spent.values()]
    palette = colours((*CLASSES, STANDING))
    traces = tuple(
        bars(
            names,
            [100 * one.get(kind, 0.0) / total for one, total in zip(spent.values(), totals, strict=True)],
            palette[kind],
            name=kind,
            customdata=[
                f"<b>{safe(name)}</b><br>{kind}: {share(one.get(kind, 0.0) / total)}, "
                f"{quantity(one.get(kind, 0.0), unit)}"
                for (name, one), total in zip(spent.items(), totals, strict=True)
            ],
        )
        for kind in palette
        if any(one.get(kind) for one in spent.values())
    )
    return Plot(
        title=title,
        note=note,
        traces=traces,
        layout=layout(
            barmode="stack",
            xaxis=value_axis(f"% of the {whole}", range=[0, 100]),
            yaxis=name_axis(names),
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        ),
        height=bars_height(len(names)) + 40,
    )
