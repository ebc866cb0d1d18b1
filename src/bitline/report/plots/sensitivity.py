"""Which part of a model and which effect of a chip costs how much: maps, and sums beside the whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bitline.report.colours import FAINT, INK, PALETTE, PAPER, colours
from bitline.report.plots.plot import Plot, bars, layout, name_axis, safe, value_axis
from bitline.report.sensitivity_grids import cell, error, percent

if TYPE_CHECKING:
    from bitline.verbs.change import Change
    from bitline.verbs.sensitivity import Cost, Sensitivity

SCALE = ((0.0, "#7fa9d8"), (0.5, PAPER), (0.75, "#f7cfa4"), (1.0, "#e2806f"))
"""Better, the same, worse."""
EVERYTHING = "everything"
MOST = 12
ROW = 24
FADED = 0.35
"""How strong the colour of a change is that may be chance."""


def by_effect(found: Sensitivity) -> Plot:
    """Draw each group and effect as a field."""
    names = [*(effect.name for effect in found.effects), EVERYTHING]
    rows = [[*(cost.alone[name] for name in names[:-1]), cost.together] for cost in found.costs]
    return _map(
        "What each effect costs where",
        "One field is a measurement: only these modules on the chip, and only this effect at work.",
        names,
        [cost.group.name for cost in found.costs],
        rows,
    )


def by_role(found: Sensitivity) -> Plot | None:
    """Draw each layer and role as a field; None unless groups are of one layer and one role."""
    if not all(cost.group.layer and cost.group.role for cost in found.costs):
        return None
    layers = list(dict.fromkeys(cost.group.layer for cost in found.costs))
    roles = list(dict.fromkeys(cost.group.role for cost in found.costs))
    known = {(cost.group.layer, cost.group.role): cost.together for cost in found.costs}
    return _map(
        "What everything costs, by layer and role",
        "One field is a measurement: only this role of this layer on the chip as described.",
        roles,
        [f"layer {layer}" if layer.isdigit() else layer for layer in layers],
        [[known.get((layer, role)) for role in roles] for layer in layers],
    )


def parts(found: Sensitivity) -> Plot:
    """Stack effects of the dearest groups beside what everything costs there."""
    ordered = sorted(found.costs, key=lambda cost: -abs(cost.together.nats_per_token))[:MOST]
    names = [cost.group.name for cost in ordered]
    palette = colours(effect.name for effect in found.effects)
    stacks = tuple(
        bars(
            names,
            [_percent(cost.alone[effect.name]) for cost in ordered],
            palette[effect.name],
            name=effect.name,
            customdata=[_hover(cost.group.name, effect.name, cost.alone[effect.name]) for cost in ordered],
        )
        for effect in found.effects
    )
    return Plot(
        title="Sum of effects, and everything together",
        note="Bars are effects alone, one after another; the mark is all of them at work, with its standard error.",
        traces=(*stacks, _marks(names, ordered)),
        layout=layout(xaxis=_axis(), yaxis=name_axis(names), barmode="relative"),
        height=_height(len(names)),
    )


def sums(found: Sensitivity) -> Plot:
    """Draw each effect on the whole model beside the sum of what it costs the groups."""
    names = [*(effect.name for effect in found.effects), EVERYTHING]
    whole = {**found.whole.alone, EVERYTHING: found.whole.together}
    total = {name: found.sum_nats_per_token(None if name == EVERYTHING else name) for name in names}
    one = bars(
        names,
        [_percent(whole[name]) for name in names],
        PALETTE[0],
        name="whole model at once",
        customdata=[_hover("whole model", name, whole[name]) for name in names],
        error_x=_spread([whole[name] for name in names]),
    )
    other = bars(
        names,
        [100.0 * math.expm1(total[name]) for name in names],
        "#b9c7d8",
        name="one after another, added up",
        customdata=[f"<b>{safe(name)}</b><br>{percent(total[name])}" for name in names],
    )
    return Plot(
        title="Whole model, and the sum of its parts",
        note="Where the two differ, what one part does to its outputs changes what the others cost.",
        traces=(one, other),
        layout=layout(xaxis=_axis(), yaxis=name_axis(names), barmode="group"),
        height=_height(2 * len(names)),
    )


def _map(
    title: str, note: str, across: Sequence[str], down: Sequence[str], rows: Sequence[Sequence[Change | None]]
) -> Plot:
    largest = max((abs(_strength(one)) for row in rows for one in row if one is not None), default=0.0) or 1.0
    trace = {
        "type": "heatmap",
        "x": [safe(name) for name in across],
        "y": [safe(name) for name in down],
        "z": [[None if one is None else _strength(one) for one in row] for row in rows],
        "zmin": -largest,
        "zmax": largest,
        "colorscale": [list(stop) for stop in SCALE],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "text": [["" if one is None else _short(one) for one in row] for row in rows],
        "texttemplate": "%{text}",
        "textfont": {"size": 11},
        "customdata": [
            [_hover(name, column, one) for column, one in zip(across, row, strict=True)]
            for name, row in zip(down, rows, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "hoverongaps": False,
    }
    return Plot(
        title=title,
        note=f"{note} Percent of perplexity; faded, it may be chance. Colours go with the square root.",
        traces=(trace,),
        layout=layout(
            xaxis={"side": "top", "tickfont": {"size": 12}, "showgrid": False, "ticklen": 4, "tickcolor": PAPER},
            yaxis=name_axis(down),
            margin={"l": 12, "r": 12, "t": 34, "b": 8},
            plot_bgcolor="#f7f8fa",
        ),
        height=60 + ROW * max(len(down), 3),
        wide=True,
    )


def _marks(names: list[str], costs: Sequence[Cost]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": EVERYTHING,
        "y": [safe(name) for name in names],
        "x": [_percent(cost.together) for cost in costs],
        "marker": {"symbol": "diamond", "size": 9, "color": INK},
        "error_x": _spread([cost.together for cost in costs]),
        "customdata": [_hover(cost.group.name, EVERYTHING, cost.together) for cost in costs],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _spread(changes: Sequence[Change | None]) -> dict[str, Any]:
    return {"type": "data", "array": [_error(one) for one in changes], "color": FAINT, "thickness": 1, "width": 3}


def _strength(change: Change) -> float:
    root = math.copysign(math.sqrt(abs(change.nats_per_token)), change.nats_per_token)
    return root if change.seen else FADED * root


def _short(change: Change) -> str:
    written = percent(change.nats_per_token).replace("%", "")
    return written if change.seen and written != "0" else ""


def _hover(where: str, what: str, change: Change | None) -> str:
    if change is None:
        return f"<b>{safe(where)}</b>, {safe(what)}<br>nothing of it here"
    spread = error(change)
    return f"<b>{safe(where)}</b>, {safe(what)}<br>{cell(change)}{f' ± {spread}' if spread else ''}"


def _percent(change: Change | None) -> float:
    return 0.0 if change is None else 100.0 * math.expm1(change.nats_per_token)


def _error(change: Change | None) -> float:
    found = 0.0 if change is None else 100.0 * change.error_nats_per_token * change.perplexity_ratio
    return found if math.isfinite(found) else 0.0


def _axis() -> dict[str, Any]:
    return value_axis("% of perplexity", zeroline=True, zerolinecolor=FAINT, zerolinewidth=1)


def _height(rows: int) -> int:
    return 110 + 26 * max(rows, 4)
