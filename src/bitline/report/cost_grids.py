"""Where time, energy and area go: tables of an estimate."""

from __future__ import annotations

from collections.abc import Iterable

from bitline.report.grid import Grid, left, right
from bitline.report.units import area, count, duration, quantity, share, span
from bitline.verbs.outcome import Estimate, OperatorCost


def phases(cost: Estimate) -> Grid:
    """Prefill and decode."""
    rows = tuple(
        (
            phase.name, f"{phase.steps:,}", quantity(phase.time_s, "s"), quantity(phase.energy_j, "J"),
            phase.bottleneck.part, phase.bottleneck.operator, share(phase.bottleneck.share_fraction),
        )
        for phase in cost.phases
    )  # fmt: skip
    return Grid(
        title="Phases",
        columns=(
            left("phase"), right("steps"), right("time"), right("energy"), left("waits for"), left("in"),
            right("share"),
        ),
        rows=rows,
    )  # fmt: skip


def engines(cost: Estimate) -> Grid:
    """How much of each engine there is, and how much of it works."""
    rows = tuple(
        (
            engine.name, engine.kind,
            f"{engine.units_used:,} of {engine.units:,}" if engine.units else "",
            share(engine.busy_fraction),
            quantity(engine.energy_j, "J"),
            area(engine.area_m2),
            quantity(2 * engine.peak_macs_per_s, "OPS") if engine.peak_macs_per_s else "",
        )
        for engine in cost.engines
    )  # fmt: skip
    return Grid(
        title="Engines",
        columns=(
            left("engine"), left("kind"), right("arrays used"), right("busy"), right("energy"), right("area"),
            right("peak"),
        ),
        rows=rows,
        note="Busy: the mean over all arrays, or the share of the time where layers take turns.",
    )  # fmt: skip


def components(cost: Estimate) -> Grid:
    """Energy and area of every part that has either, the hungriest first."""
    total_m2 = cost.area_m2
    ordered = sorted(cost.components, key=lambda part: -(part.energy_j + part.leakage_j))
    rows = tuple(
        (
            part.name,
            f"{part.instances:,}",
            quantity(part.energy_j + part.leakage_j, "J"),
            share((part.energy_j + part.leakage_j) / cost.energy_j) if cost.energy_j else "",
            span(part.energy_low_j + part.leakage_low_j, part.energy_high_j + part.leakage_high_j, "J"),
            area(part.area_m2) if part.area_m2 else "",
            share(part.area_m2 / total_m2) if part.area_m2 and total_m2 else "",
        )
        for part in ordered
        if part.energy_j + part.leakage_j or part.area_m2
    )
    return Grid(
        title="Energy and area by component",
        columns=(
            left("component"), right("instances", spare=True), right("energy"), right("share"), right("range"),
            right("area"), right("share", spare=True),
        ),
        rows=rows,
        note="Leakage included. The range is that of the published figures behind each price.",
    )  # fmt: skip


def operators(cost: Estimate) -> Grid:
    """Each operator: where it runs, on how many arrays, and its time and energy in each phase; the slowest first."""
    groups: dict[tuple[str, str, str], list[OperatorCost]] = {}
    for one in cost.operators:
        groups.setdefault((one.block, one.name, one.engine), []).append(one)
    ordered = sorted(groups.values(), key=lambda group: -sum(one.time_s for one in group))
    names = [phase.name for phase in cost.phases]
    rows = tuple(
        (
            group[0].name,
            group[0].block,
            group[0].engine,
            _arrays(group),
            *(_of(phase, group) for phase in names),
            quantity(sum(one.energy_j for one in group), "J"),
            max(group, key=lambda one: one.time_s).bottleneck,
        )
        for group in ordered
    )
    return Grid(
        title="Operators",
        columns=(
            left("operator"), left("block", spare=True), left("engine"), right("arrays", spare=True),
            *(right(name) for name in names), right("energy"), left("waits for"),
        ),
        rows=rows,
        note="Times of an operator alone, over all layers and steps; operators may overlap. Leakage is left out.",
    )  # fmt: skip


def memories(cost: Estimate) -> Grid | None:
    """Show what each memory has to hold, and how long cells last that are rewritten."""
    held = [(name, "holds", quantity(held_bytes, "B")) for name, held_bytes in cost.held_bytes.items()]
    worn = [(name, "wears out after", duration(lifetime_s)) for name, lifetime_s in cost.lifetime_s.items()]
    if not held and not worn:
        return None
    return Grid(title="Memories and endurance", columns=(left("place"), left(""), right("value")), rows=(*held, *worn))


def _arrays(group: Iterable[OperatorCost]) -> str:
    one = max(group, key=lambda one: one.units)
    if not one.units:
        return ""
    copies = f" ({one.copies} copies)" if one.copies > 1 else ""
    return f"{count(one.units)}{copies}{', rewritten' if one.rewritten_layers else ''}"


def _of(phase: str, group: Iterable[OperatorCost]) -> str:
    time_s = sum(one.time_s for one in group if one.phase == phase)
    return quantity(time_s, "s") if time_s else ""
