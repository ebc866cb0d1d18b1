"""The order of a report: what is shown under which heading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar, final

from bitline.hardware import facts, tally
from bitline.report import accuracy_grids, activity_grids, cost_grids, provenance_grids
from bitline.report.grid import Grid
from bitline.report.plots import context, energy, layer, seeds, sums, time
from bitline.report.plots.plot import Plot
from bitline.report.result import Result, cost_of, in_use_of, measured_of
from bitline.verbs.outcome import Estimate

Value = TypeVar("Value")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with plots and tables."""

    title: str
    plots: tuple[Plot, ...] = ()
    grids: tuple[Grid, ...] = ()
    coloured: bool = False
    """The colours of its plots are engines."""
    fold: str = ""
    """Tables stand behind this line until it is opened."""


def sections(result: Result) -> tuple[Section, ...]:
    """Give the sections of a report."""
    return tuple(_sections(result))


def _sections(result: Result) -> Iterator[Section]:
    cost, measured = cost_of(result), measured_of(result)
    if measured:
        yield Section(
            title="Accuracy",
            plots=(seeds.perplexity(measured), seeds.agreement(measured)),
            grids=(accuracy_grids.seeds(measured), accuracy_grids.plans(measured)),
        )
    yield _time(cost)
    yield _energy(cost)
    in_use = in_use_of(result)
    if measured and in_use:
        yield Section(
            title="Energy with measured activity",
            plots=_some(sums.histograms(measured.activity)),
            grids=(activity_grids.energy(cost, in_use), activity_grids.by_role(measured.activity)),
        )
        yield Section(
            title="Data of every matrix", grids=(activity_grids.by_matrix(measured.activity),), fold="Every matrix"
        )
    yield Section(title="Placement", grids=(cost_grids.operators(cost), *_some(cost_grids.memories(cost))))
    yield _provenance(cost)


def _time(cost: Estimate) -> Section:
    plots = [time.by_operator(cost, phase) for phase in cost.phases]
    plots += [layer.timeline(cost, phase) for phase in cost.phases]
    plots += _some(context.time_per_token(cost))
    return Section(
        title="Time", plots=tuple(plots), grids=(cost_grids.phases(cost), cost_grids.engines(cost)), coloured=True
    )


def _energy(cost: Estimate) -> Section:
    plots = (energy.by_component(cost), energy.by_role(cost))
    height = max(plot.height for plot in plots)
    return Section(
        title="Energy and area",
        plots=tuple(replace(plot, height=height) for plot in plots),
        grids=(cost_grids.components(cost),),
        coloured=True,
    )


def _provenance(cost: Estimate) -> Section:
    given = facts(cost.description)
    grids = (
        provenance_grids.standing(tally(given)),
        provenance_grids.facts(given),
        *_some(provenance_grids.conflicts(cost.description.provenance.conflicts.items())),
        provenance_grids.prices(cost.figures),
    )
    return Section(title="Where the numbers are from", grids=grids)


def _some(value: Value | None) -> tuple[Value, ...]:
    return () if value is None else (value,)
