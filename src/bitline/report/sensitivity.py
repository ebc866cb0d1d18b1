"""What each layer and effect costs, as text, as a page and as JSON."""

from __future__ import annotations

import json as writer
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.text import Text

from bitline.report import sensitivity_grids
from bitline.report.answer import answer
from bitline.report.export import plain
from bitline.report.headlines import Headline
from bitline.report.page import Page, html_of
from bitline.report.plots import sensitivity as plots
from bitline.report.saving import write_whole
from bitline.report.sections import Section
from bitline.report.sensitivity_grids import cell, error, percent
from bitline.report.terminal import drawn, lines, sentences
from bitline.report.units import count, duration

if TYPE_CHECKING:
    from bitline.verbs.change import Change
    from bitline.verbs.sensitivity import Cost, Sensitivity

SCHEMA = "bitline.sensitivity/1"
MOST_GROUPS = 16
FEW_WINDOWS = 4
ROOM_K = 300.0


def give(found: Sensitivity, *, json: bool, report: Path | None) -> None:
    """Write the page if one was asked for, then print."""
    answer(
        [(report, lambda path: write_whole(path, html_of(page(found))))],
        (lambda: to_json(found)) if json else None,
        lambda: summary(found),
    )


def to_json(found: Sensitivity) -> str:
    """Write costs as one JSON object; changes are in nats per token against the digital model."""
    told = {
        "schema": SCHEMA,
        **{
            name: getattr(found, name)
            for name in (
                "model",
                "chip",
                "seed",
                "age_s",
                "temperature_k",
                "text",
                "tokens",
                "windows",
                "window",
                "digital_nats_per_token",
            )
        },
        "effects": {effect.name: effect.meaning for effect in found.effects},
        "groups": [_cost(cost) for cost in found.costs],
        "whole": _cost(found.whole),
        "nothing": _change(found.ideal),
        "sums": {
            **{effect.name: found.sum_nats_per_token(effect.name) for effect in found.effects},
            "everything": found.sum_nats_per_token(),
        },
    }
    return writer.dumps(plain(told), ensure_ascii=False, allow_nan=False, indent=2)


def summary(found: Sensitivity) -> Iterator[RenderableType]:
    """Draw costs piece by piece."""
    yield Text.assemble((f"{found.model} on {found.chip}", "bold"), "\n", (_asked(found), "dim"), "\n")
    yield lines(headlines(found))
    yield drawn(sensitivity_grids.effects(found))
    yield drawn(sensitivity_grids.groups(found).first(MOST_GROUPS, "in the report"))
    yield ""
    yield from sentences(_warnings(found), "!")


def page(found: Sensitivity) -> Page:
    """Lay costs out on a page."""
    role = plots.by_role(found)
    maps = (plots.by_effect(found),) if role is None else (role, plots.by_effect(found))
    together = plots.parts(found), plots.sums(found)
    height = max(plot.height for plot in together)
    return Page(
        model=found.model,
        chip=found.chip,
        asked=_asked(found),
        cards=headlines(found),
        warnings=_warnings(found),
        sections=(
            Section(title="One at a time", plots=maps),
            Section(
                title="All together",
                plots=tuple(replace(plot, height=height) for plot in together),
                grids=(sensitivity_grids.effects(found), sensitivity_grids.groups(found)),
            ),
        ),
        footer="Each number compares the same tokens with the digital model.",
    )


def headlines(found: Sensitivity) -> tuple[Headline, ...]:
    """Give the few numbers a reader wants first."""
    together = found.whole.together
    spread = error(together)
    known = {name: one for name, one in found.whole.alone.items() if one is not None}
    cards = [
        Headline(
            "perplexity on chip",
            f"{math.exp(found.digital_nats_per_token + together.nats_per_token):.4g}",
            f"digital {math.exp(found.digital_nats_per_token):.4g}, {percent(together.nats_per_token)}"
            f"{f' ± {spread}' if spread else ''}",
        )
    ]
    if known:
        worst = max(known, key=lambda name: known[name].nats_per_token)
        cards.append(_dearest("dearest effect", worst, known[worst], "alone on the whole model"))
    if found.costs:
        dearest = max(found.costs, key=lambda cost: cost.together.nats_per_token)
        cards.append(_dearest("dearest part", dearest.group.name, dearest.together, "alone on the chip"))
        cards.append(Headline("sum of parts", percent(found.sum_nats_per_token()), f"all at once {cell(together)}"))
    return tuple(cards)


def _dearest(title: str, name: str, change: Change, where: str) -> Headline:
    if not change.seen or change.nats_per_token <= 0:
        return Headline(title, "none", "nothing stands out of chance")
    return Headline(title, name, f"{cell(change)} {where}")


def _asked(found: Sensitivity) -> str:
    return (
        f"{count(found.tokens)} tokens of {found.text or 'a text'}, {found.windows} windows of {found.window}; "
        f"chip with seed {found.seed}{_conditions(found)}"
    )


def _conditions(found: Sensitivity) -> str:
    aged = f", {duration(found.age_s)} after programming" if found.age_s else ""
    return f"{aged}, at {found.temperature_k:g} K" if aged or found.temperature_k != ROOM_K else ""


def _warnings(found: Sensitivity) -> tuple[str, ...]:
    told = []
    if found.windows < FEW_WINDOWS:
        told.append(f"Standard errors rest on {found.windows} windows of text: score more tokens to trust them.")
    told.append("Standard errors are over text. Another chip (seed) has other errors, and they are not in them.")
    return tuple(told)


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "name": cost.group.name,
        "layer": cost.group.layer,
        "role": cost.group.role,
        "modules": cost.group.modules,
        "alone": {name: _change(one) for name, one in cost.alone.items()},
        "everything": _change(cost.together),
        "sum_nats_per_token": cost.sum_nats_per_token,
    }


def _change(change: Change | None) -> dict[str, float] | None:
    if change is None:
        return None
    return {
        "nats_per_token": change.nats_per_token,
        "error_nats_per_token": change.error_nats_per_token,
        "perplexity_ratio": change.perplexity_ratio,
    }
