"""A comparison as a table, as JSON, and as a page with bars."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType

from bitline.report.grid import Grid, left, right
from bitline.report.terminal import drawn, sentences
from bitline.report.units import area, quantity, span
from bitline.verbs.compare import Comparison, Entry
from bitline.verbs.outcome import Estimate

FIELDS = (
    "time_to_first_token_s", "mean_time_per_token_s", "total_s", "tokens_per_s", "decode_tokens_per_s", "energy_j",
    "energy_per_token_j", "tokens_per_j", "tokens_per_j_low", "tokens_per_j_high", "average_power_w", "area_m2",
)  # fmt: skip
"""Of an estimate, in the JSON."""


def comparison_grid(compared: Comparison) -> Grid:
    """Make the table: a row for each chip that runs the model."""
    asked = compared.request
    return Grid(
        title=f"{compared.model}, batch {asked.batch}, {asked.prompt:,} tokens in, {asked.generate:,} out",
        columns=(
            left("chip"), right("first token"), right("tokens/s"), right("J/token"), right("low to high"),
            right("holds"), left("waits for"), right("used"),
        ),
        rows=tuple(_row(one, one.estimate) for one in compared.entries if one.estimate is not None),
        note="tokens/s: of the decode steps. J/token: all energy over all tokens made. Used: operations over the dense "
        "peak.",
    )  # fmt: skip


def shown(compared: Comparison) -> Iterator[RenderableType]:
    """Give the table, and a sentence for each chip that cannot run the model."""
    yield drawn(comparison_grid(compared))
    yield ""
    yield from sentences((_basis(compared),), "·")
    yield from sentences((f"{one.chip}: {one.why_not}" for one in compared.entries if one.why_not), "·")


def comparison_json(compared: Comparison) -> str:
    """Write everything as one JSON object."""
    asked = compared.request
    return json.dumps(
        {
            "schema": "bitline.comparison/1", "model": compared.model,
            "request": {"batch": asked.batch, "prompt": asked.prompt, "generate": asked.generate},
            "chips": [_plain(one) for one in compared.entries],
        },
        ensure_ascii=False, indent=2,
    )  # fmt: skip


def save_comparison(compared: Comparison, file: Path) -> None:
    """Write the table as Markdown, for a page of documentation. Raises `DataError` where nothing can be written."""
    from bitline.report.saving import write_whole

    grid = comparison_grid(compared)
    lines = [f"| {' | '.join(column.name for column in grid.columns)} |", "| --- " * len(grid.columns) + "|"]
    lines += [f"| {' | '.join(row)} |" for row in grid.rows]
    lines += [f"\n{_basis(compared)}"]
    lines += [f"\n- {one.chip} does not run it: {one.why_not}" for one in compared.entries if one.why_not]
    write_whole(file, f"{grid.title}\n\n" + "\n".join(lines) + f"\n\n{grid.note}\n")


def _basis(compared: Comparison) -> str:
    """Tell what each description rests on."""
    told = (
        f"{one.chip} {one.rests_on.stated}, {one.rests_on.assumed}, {one.rests_on.fitted}" for one in compared.entries
    )
    return f"Numbers stated, assumed and fitted in the descriptions: {'; '.join(told)}."


def _row(one: Entry, cost: Estimate) -> tuple[str, ...]:
    rate = cost.decode_tokens_per_s or cost.tokens_per_s
    each = cost.request.tokens
    return (
        one.chip,
        quantity(cost.time_to_first_token_s, "s"),
        f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}",
        quantity(cost.energy_per_token_j, "J"),
        span(cost.energy_low_j / each, cost.energy_high_j / each, "J"),
        quantity(sum(cost.held_bytes.values()), "B") if cost.held_bytes else area(cost.area_m2),
        cost.bottleneck.part,
        f"{one.utilisation_fraction:.1%}",
    )


def _plain(one: Entry) -> dict[str, object]:
    tree: dict[str, object] = {
        "chip": one.chip, "why_not": one.why_not, "utilisation_fraction": one.utilisation_fraction,
        "stated": one.rests_on.stated, "assumed": one.rests_on.assumed, "fitted": one.rests_on.fitted,
    }  # fmt: skip
    if one.estimate is not None:
        tree |= {name: float(getattr(one.estimate, name)) for name in FIELDS}
        tree |= {"bottleneck": one.estimate.bottleneck.part, "held_bytes": dict(one.estimate.held_bytes)}
    return tree
