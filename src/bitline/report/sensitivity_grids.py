"""Costs of effects and layers as tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bitline.report.grid import Grid, left, remark, right
from bitline.report.units import share

if TYPE_CHECKING:
    from bitline.verbs.change import Change
    from bitline.verbs.sensitivity import Cost, Sensitivity

MOST_PERCENT = 1000.0
NONE = "–"
HOW = "Change of perplexity. In brackets: not told apart from nothing (two standard errors)."


def effects(found: Sensitivity) -> Grid:
    """Show what each effect costs alone: on the whole chip, and added up over the groups."""
    rows = [
        (
            effect.name,
            cell(found.whole.alone[effect.name]),
            error(found.whole.alone[effect.name]),
            percent(found.sum_nats_per_token(effect.name)) if found.whole.alone[effect.name] else NONE,
            effect.meaning,
        )
        for effect in found.effects
    ]
    rows += [
        ("sum", percent(found.whole.sum_nats_per_token), "", "", "effects added up; they may help or hide each other"),
        (
            "everything", cell(found.whole.together), error(found.whole.together), percent(found.sum_nats_per_token()),
            "the chip as described",
        ),
        ("nothing", cell(found.ideal), error(found.ideal), "", "every effect switched off: what is left"),
    ]  # fmt: skip
    return Grid(
        title="By effect",
        columns=(
            left("effect"), right("whole model"), right("±"), right(f"sum of {_kind(found)}"), remark("what it is"),
        ),
        rows=tuple(rows),
        note=HOW,
    )  # fmt: skip


def groups(found: Sensitivity) -> Grid:
    """Show what each group of modules costs alone on the chip, the dearest first."""
    ordered = sorted(found.costs, key=lambda cost: -cost.together.nats_per_token)
    names = [effect.name for effect in found.effects]
    return Grid(
        title=f"By {_kind(found)[:-1]}",
        columns=(
            left("on the chip"), *(right(name) for name in names), right("sum"), right("everything"), right("±"),
        ),
        rows=tuple(_row(cost, names) for cost in ordered),
        note=f"{HOW} All else is digital.",
    )  # fmt: skip


def cell(change: Change | None) -> str:
    """Write a change, in brackets if it may be chance."""
    if change is None:
        return NONE
    written = percent(change.nats_per_token)
    return written if change.seen else f"({written})"


def error(change: Change | None) -> str:
    """Write the standard error of a change, in percent of perplexity."""
    if change is None or change.error_nats_per_token != change.error_nats_per_token:
        return ""
    return share(change.error_nats_per_token * change.perplexity_ratio)


def percent(nats_per_token: float) -> str:
    """Write what a change of the loss does to perplexity: in percent, or as a factor from eleven times on."""
    if nats_per_token > math.log(1.0 + MOST_PERCENT / 100.0):
        return f"× {math.exp(nats_per_token):.3g}"
    change = math.expm1(nats_per_token)
    if abs(change) < 0.00005:
        return "0"
    digits = 2 if abs(change) < 0.1 else 0
    return f"{'+' if change > 0 else '−'}{100.0 * abs(change):.{digits}f}%"


def _row(cost: Cost, names: list[str]) -> tuple[str, ...]:
    return (
        cost.group.name, *(cell(cost.alone[name]) for name in names), percent(cost.sum_nats_per_token),
        cell(cost.together), error(cost.together),
    )  # fmt: skip


def _kind(found: Sensitivity) -> str:
    """Say what the groups are."""
    if all(not cost.group.role for cost in found.costs):
        return "layers"
    return "roles" if all(not cost.group.layer for cost in found.costs) else "parts"
