"""How busy data kept matrices, and what energy that makes, as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bitline.report.grid import Grid, left, remark, right
from bitline.report.units import count, quantity, share

if TYPE_CHECKING:
    from bitline.verbs.activity import MatrixUse
    from bitline.verbs.outcome import Estimate

COLUMNS = (
    right("ones"), right("toggles"), right("zeros"), right("bits"), right("cells"), right("clipped"), right("reads"),
)  # fmt: skip
HOW = (
    "Ones in the pulses of inputs, changes from pulse to pulse, inputs of zero, mean width of an input, mean level of "
    "driven cells, sums beyond the converter, reads of the array read most; on text for calibration."
)


def energy(uniform: Estimate, in_use: Estimate) -> Grid:
    """Show the parts whose energy depends on data, and the whole, with uniform data and with those measured."""
    measured = {part.name: part for part in in_use.components}
    rows = [
        _energies(part.name, part.energy_j, measured[part.name].energy_j)
        for part in uniform.components
        if measured[part.name].energy_j != part.energy_j
    ]
    rows.append(_energies("all", uniform.energy_j, in_use.energy_j))
    return Grid(
        title="Energy with measured activity",
        columns=(left("component"), right("uniform data"), right("measured data"), right("change")),
        rows=tuple(rows),
        note="Only what models derive from data moves: an energy that is stated was measured with data of its own.",
    )


def by_role(uses: Iterable[MatrixUse]) -> Grid:
    """Show each role, its matrices averaged by their inputs."""
    groups: dict[tuple[str, str], list[MatrixUse]] = {}
    for use in uses:
        groups.setdefault((", ".join(use.roles), use.engine), []).append(use)
    return Grid(
        title="Data",
        columns=(left("roles"), left("engine"), right("matrices"), *COLUMNS),
        rows=tuple((role, engine, f"{len(group):,}", *_row(group)) for (role, engine), group in groups.items()),
        note=HOW,
    )


def by_matrix(uses: Iterable[MatrixUse]) -> Grid:
    """Show every matrix."""
    return Grid(
        title="Data of every matrix",
        columns=(remark("matrix"), left("engine"), right("vectors"), *COLUMNS),
        rows=tuple((use.name, use.engine, count(use.activity.vectors), *_row([use])) for use in uses),
    )


def _energies(name: str, before_j: float, after_j: float) -> tuple[str, ...]:
    ratio = after_j / before_j - 1.0 if before_j else 0.0
    sign = "" if ratio == 0 else "+" if ratio > 0 else "−"
    return name, quantity(before_j, "J"), quantity(after_j, "J"), f"{sign}{share(abs(ratio))}"


def _row(group: list[MatrixUse]) -> tuple[str, ...]:
    found = [use.activity for use in group]
    weights = [one.vectors * one.shape[0] for one in found]

    def mean(values: Iterable[float]) -> float:
        return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)

    met = [one.converter for one in found]
    clipped = mean(0.0 if one is None else one.clipped_low_fraction + one.clipped_high_fraction for one in met)
    return (
        share(mean(one.density_fraction for one in found)),
        share(mean(one.toggle_fraction for one in found)),
        share(mean(one.zero_fraction for one in found)),
        f"{mean(one.mean_bits for one in found):.1f}",
        share(mean(one.driven_cell_fraction for one in found)) if found[0].cell_fractions else "",
        share(clipped) if any(met) else "",
        count(max(max(one.reads) for one in found)),
    )
