"""A comparison as text, as a page with plots, as JSON and as Markdown."""

from __future__ import annotations

import json as json_writer
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import RenderableType

from bitline.report import comparison_grids as grids
from bitline.report.answer import answer
from bitline.report.cautions import cautions, counted
from bitline.report.export import plain
from bitline.report.grid import Grid
from bitline.report.headlines import Headline
from bitline.report.page import Page, html_of
from bitline.report.plots import comparison as plots
from bitline.report.plots import room, shares
from bitline.report.plots.plot import Plot
from bitline.report.saving import write_whole
from bitline.report.sections import Section
from bitline.report.terminal import drawn, sentences
from bitline.report.units import many, quantity, seconds
from bitline.verbs.compare import Comparison, Entry
from bitline.verbs.outcome import Estimate

SCHEMA = "bitline.comparison/1"
FIELDS = (
    "time_to_first_token_s", "mean_time_per_token_s", "total_s", "tokens_per_s", "decode_tokens_per_s", "energy_j",
    "energy_low_j", "energy_high_j", "energy_per_token_j", "tokens_per_j", "tokens_per_j_low", "tokens_per_j_high",
    "average_power_w", "area_m2",
)  # fmt: skip
"""Of an estimate, in the JSON."""


def give(compared: Comparison, *, json: bool, report: Path | None, table: Path | None) -> None:
    """Write the files that were asked for, then print."""
    answer(
        [
            (report, lambda path: write_whole(path, html_of(page(compared)))),
            (table, lambda path: write_whole(path, markdown(compared))),
        ],
        (lambda: to_json(compared)) if json else None,
        lambda: summary(compared),
    )


def summary(compared: Comparison) -> Iterator[RenderableType]:
    """Draw the tables, and a sentence for each chip that cannot run the model."""
    if compared.running:
        yield drawn(grids.side_by_side(compared))
    short = grids.too_small(compared)
    if short.rows:
        yield drawn(short)
    yield drawn(grids.foundations(compared))
    yield ""
    yield from sentences(cautions(compared), "!")
    yield from sentences((f"{one.chip}: {grids.reason(one)}" for one in _unable(compared)), "·")


def page(compared: Comparison) -> Page:
    """Lay a comparison out on a page."""
    return Page(
        model=compared.model,
        chip=_counted(len(compared.entries), "system"),
        asked=grids.title(compared).partition(", ")[2],
        cards=headlines(compared),
        warnings=tuple(cautions(compared)),
        sections=tuple(_sections(compared)),
        footer="One model and one request, estimated alike on every system; nothing here is measured.",
    )


def headlines(compared: Comparison) -> tuple[Headline, ...]:
    """Give the few numbers a reader wants first."""
    known = compared.running
    ran = Headline("run it", f"{len(known)} of {len(compared.entries)}", _refusals(compared))
    if not known:
        return (ran,)
    first = "soonest first token" if compared.request.generate else "fastest"
    return (
        _best(first, known, lambda cost: cost.time_to_first_token_s, seconds),
        _best("most tokens per second", known, lambda cost: -grids.rate(cost), lambda value: many(-value, "tokens/s")),
        _best(
            "least energy per token", known, lambda cost: cost.energy_per_token_j, lambda value: quantity(value, "J")
        ),
        ran,
    )


def to_json(compared: Comparison) -> str:
    """Write everything as one JSON object."""
    told = {
        "schema": SCHEMA, "model": compared.model, "request": compared.request,
        "chips": [_plain(one) for one in compared.entries], "cautions": tuple(cautions(compared)),
    }  # fmt: skip
    return json_writer.dumps(plain(told), ensure_ascii=False, allow_nan=False, indent=2)


def markdown(compared: Comparison) -> str:
    """Write the tables as Markdown, for a page of documentation."""
    told = [_table(grids.side_by_side(compared))] if compared.running else []
    short = grids.too_small(compared)
    if short.rows:
        told.append(_table(short))
    told += [f"{one.chip} cannot run it: {grids.reason(one)}" for one in _unable(compared)]
    return "\n\n".join([*told, _table(grids.foundations(compared)), *cautions(compared)]) + "\n"


def _sections(compared: Comparison) -> Iterator[Section]:
    if compared.running:
        first, taken = plots.first_tokens(compared), room.room(compared)
        spent = (shares.time(compared, "prefill"), shares.time(compared, "decode"))
        yield Section(
            title="Side by side",
            plots=(plots.speed_and_energy(compared), *_level(first, taken)),
            grids=(grids.side_by_side(compared),),
        )
        yield Section(
            title="Time",
            plots=(*_level(*spent), *_level(plots.times_per_token(compared))),
            grids=(grids.by_phase(compared),),
        )
        yield Section(title="Energy", plots=_level(plots.energy_per_token(compared), shares.energy(compared)))
    if compared.refused:
        yield Section(title="Too small, or unable", grids=(grids.refused(compared),))
    yield Section(title="Where the numbers are from", grids=(grids.foundations(compared),))
    warned = grids.warnings(compared)
    if warned:
        yield Section(title="Warnings", grids=(warned,), fold=_counted(len(warned.rows), "warning"))
    assumed = grids.assumptions(compared)
    if assumed.rows:
        yield Section(title="Assumptions", grids=(assumed,), fold=_counted(len(assumed.rows), "entry", "entries"))


def _unable(compared: Comparison) -> Iterator[Entry]:
    """Give the chips that lack something which is no number."""
    return (one for one in compared.refused if one.fullest is None)


def _best(
    name: str, known: tuple[tuple[Entry, Estimate], ...],
    cost_of: Callable[[Estimate], float], written: Callable[[float], str],
) -> Headline:  # fmt: skip
    one, cost = min(known, key=lambda pair: cost_of(pair[1]))
    return Headline(name, one.chip, written(cost_of(cost)))


def _refusals(compared: Comparison) -> str:
    short = sum(one.fullest is not None for one in compared.refused)
    unable = len(compared.refused) - short
    told = (f"{short} too small" if short else "", f"{unable} unable" if unable else "")
    return ", ".join(part for part in told if part) or "every one"


def _counted(number: int, what: str, many: str = "") -> str:
    return f"{number:,} {what if number == 1 else many or what + 's'}"


def _table(grid: Grid) -> str:
    head = f"| {' | '.join(column.name.strip() for column in grid.columns)} |"
    rule = "".join("| ---: " if column.align == "right" else "| --- " for column in grid.columns) + "|"
    rows = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in grid.rows]
    return "\n".join([f"**{grid.title}**\n", head, rule, *rows, *([f"\n{grid.note}"] if grid.note else [])])


def _plain(one: Entry) -> dict[str, object]:
    said = one.description.provenance
    tree: dict[str, object] = {
        "chip": one.chip, "why_not": one.why_not, "room": one.fullest,
        "utilisation_fraction": one.utilisation_fraction, "rests_on": one.rests_on,
        "energy_counts": counted(one), "assumptions": said.assumptions, "fitted": said.fitted, "growth": one.growth,
    }  # fmt: skip
    if one.fullest is not None:
        tree["room"] = {**plain(one.fullest), "missing": one.fullest.missing}
    cost = one.estimate
    if cost is not None:
        tree |= {name: getattr(cost, name) for name in FIELDS}
        tree |= {"bottleneck": cost.bottleneck, "held_bytes": cost.held_bytes, "warnings": cost.warnings}
        tree["phases"] = {
            phase.name: {"time_s": phase.time_s, "steps": phase.steps, "bottleneck": phase.bottleneck}
            for phase in cost.phases
        }
    return tree


def _level(*found: Plot | None) -> tuple[Plot, ...]:
    """Give those plots that there are, as high as the highest."""
    known = [plot for plot in found if plot is not None]
    height = max((plot.height for plot in known), default=0)
    return tuple(replace(plot, height=height) for plot in known)
