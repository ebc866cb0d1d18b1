"""A result as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from bitline.hardware import facts, tally
from bitline.report import accuracy_grids, activity_grids, cost_grids, provenance_grids
from bitline.report.headlines import headlines
from bitline.report.result import Result, cost_of, in_use_of, measured_of, request_of, title_of
from bitline.report.terminal import drawn, lines, plain, sentences

MOST_OPERATORS = 16
MOST_COMPONENTS = 10


def table(result: Result) -> str:
    """Write a result as text of at most 100 columns."""
    return plain(summary(result))


def summary(result: Result) -> Iterator[RenderableType]:
    """Draw a result piece by piece."""
    cost, measured = cost_of(result), measured_of(result)
    yield Text.assemble((title_of(result), "bold"), "\n", (request_of(result), "dim"), "\n")
    yield lines(headlines(result))
    if measured:
        yield drawn(accuracy_grids.seeds(measured))
        yield drawn(accuracy_grids.plans(measured))
    yield drawn(cost_grids.phases(cost))
    yield drawn(cost_grids.engines(cost))
    yield drawn(cost_grids.components(cost).first(MOST_COMPONENTS, "in the report"))
    in_use = in_use_of(result)
    if measured and in_use:
        yield drawn(activity_grids.energy(cost, in_use))
        yield drawn(activity_grids.by_role(measured.activity))
    yield drawn(cost_grids.operators(cost).first(MOST_OPERATORS, "in the report"))
    held = cost_grids.memories(cost)
    if held:
        yield drawn(held)
    yield ""
    yield from sentences(result.warnings, "!")
    said = provenance_grids.counts(tally(facts(cost.description)))
    yield Text(f"\nNumbers of the description: {said}.", style="dim")
