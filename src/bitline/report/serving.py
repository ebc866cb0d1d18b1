"""Requests served, as text, as a page, as JSON, and one by one as CSV."""

from __future__ import annotations

import csv as writer
import io
import json as json_writer
from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from bitline.report import serving_grids
from bitline.report.answer import answer
from bitline.report.export import plain
from bitline.report.headlines import Headline
from bitline.report.page import Page, html_of
from bitline.report.plots import serving as plots
from bitline.report.saving import write_whole
from bitline.report.sections import Section
from bitline.report.terminal import drawn, lines, sentences
from bitline.report.units import duration, quantity, share
from bitline.verbs.serve import Serving

SCHEMA = "bitline.serving/1"
REQUEST_COLUMNS = (
    "arrival_s", "prompt", "generate", "queueing_s", "time_to_first_token_s", "time_per_token_s", "latency_s",
    "energy_j", "energy_low_j", "energy_high_j",
)  # fmt: skip


def give(found: Serving, *, json: bool, report: Path | None, csv: Path | None) -> None:
    """Write the files that were asked for, then print."""
    answer(
        [
            (report, lambda path: write_whole(path, html_of(page(found)))),
            (csv, lambda path: write_whole(path, to_csv(found))),
        ],
        (lambda: to_json(found)) if json else None,
        lambda: summary(found),
    )


def to_json(found: Serving) -> str:
    """Write what became of all requests together as one JSON object."""
    served = found.served
    told = {
        "schema": SCHEMA, "model": found.model, "chip": found.chip, "policy": found.policy,
        "requests": {
            "source": served.arrivals.source, "count": served.arrivals.requests, "rate_hz": served.arrivals.rate_hz,
            "refused": served.refused, "put_off": served.put_off,
        },
        "discipline": found.discipline, "targets": found.targets, "goodput_hz": found.goodput_hz,
        "good_fraction": found.good_fraction, "energy_per_request_j": found.energy_per_request_j,
        "energy_per_request_low_j": found.energy_per_request_low_j,
        "energy_per_request_high_j": found.energy_per_request_high_j,
        "energy_per_token_j": found.energy_per_token_j,
        **{
            name: getattr(served, name)
            for name in (
                "requests_per_s", "tokens_per_s", "generated", "span_s", "idle_s", "total_j",
                "total_low_j", "total_high_j",
                "idle_j", "passes", "mean_running", "most_held_tokens", "room_tokens",
            )
        },
        "quantiles": {
            name: dict(zip(serving_grids.QUANTILE_NAMES, values, strict=True))
            for name, values in serving_grids.quantiles(served).items()
        },
        "warnings": found.warnings,
    }  # fmt: skip
    return json_writer.dumps(plain(told), ensure_ascii=False, allow_nan=False, indent=2)


def to_csv(found: Serving) -> str:
    """Write every request in SI units; what a refused one has not is empty."""
    served, file = found.served, io.StringIO()
    given = {name: getattr(served.arrivals, name) for name in REQUEST_COLUMNS[:3]}
    columns = [*given.values(), *(getattr(served, name) for name in REQUEST_COLUMNS[3:])]
    out = writer.writer(file, lineterminator="\n")
    out.writerow(REQUEST_COLUMNS)
    for row in zip(*(column.tolist() for column in columns), strict=True):
        out.writerow("" if value != value else value for value in row)
    return file.getvalue()


def summary(found: Serving) -> Iterator[RenderableType]:
    """Draw what became of the requests piece by piece."""
    yield Text.assemble((f"{found.model} on {found.chip}", "bold"), "\n", (_asked(found), "dim"), "\n")
    yield lines(headlines(found))
    yield drawn(serving_grids.times(found.served))
    yield drawn(serving_grids.server(found))
    yield ""
    yield from sentences(found.warnings, "!")


def page(found: Serving) -> Page:
    """Lay it out on a page."""
    return Page(
        model=found.model, chip=found.chip, asked=_asked(found), cards=headlines(found), warnings=found.warnings,
        sections=(
            Section(title="Times", plots=plots.times(found), grids=(serving_grids.times(found.served),)),
            Section(title="Server", plots=(plots.over_time(found),), grids=(serving_grids.server(found),)),
        ),
        footer="Times of passes are the estimator's, with straight lines between sizes that it was asked for.",
    )  # fmt: skip


def headlines(found: Serving) -> tuple[Headline, ...]:
    """Give the few numbers a reader wants first."""
    served, targets = found.served, found.targets
    first, each = serving_grids.quantiles(served)["first token"], serving_grids.quantiles(served)["each further token"]
    return (
        Headline(
            "goodput", f"{found.goodput_hz:.3g} requests/s",
            f"{share(found.good_fraction)} within {duration(targets.first_token_s)} to the first token and "
            f"{duration(targets.per_token_s)} for each further one",
        ),
        Headline("first token, median", duration(first[0]), f"99 of 100 within {duration(first[-1])}"),
        Headline("time per token, median", duration(each[0]), f"99 of 100 within {duration(each[-1])}"),
        Headline(
            "throughput", f"{quantity(served.tokens_per_s, '')}tokens/s", f"{served.requests_per_s:.3g} requests/s"
        ),
        Headline(
            "energy per request", quantity(found.energy_per_request_j, "J"),
            f"{quantity(found.energy_per_request_low_j, 'J')} to {quantity(found.energy_per_request_high_j, 'J')}; "
            f"{quantity(found.energy_per_token_j, 'J')} per token made; idle times included",
        ),
    )  # fmt: skip


def _asked(found: Serving) -> str:
    arrivals, kept = found.served.arrivals, found.discipline
    prompts = "prompts in chunks" if kept.chunked else "whole prompts"
    return (
        f"{arrivals.requests:,} requests of {arrivals.source}; at most {kept.requests} at once, "
        f"{kept.pass_tokens} tokens a pass, {prompts}"
    )
