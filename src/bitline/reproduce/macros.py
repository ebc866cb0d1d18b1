"""All published macros at once: predicted against published, and what the predictions rest on.

Nothing is fitted. Beside the prediction stands what the models alone say, every cost that the paper states taken out
of the description; and, apart from both, how far one common factor on all macros would bring them, each macro judged
by the factor that the others ask for.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from bitline.hardware.provenance import Tally, facts, tally
from bitline.reproduce.evaluation import chips_of, evaluate
from bitline.reproduce.models_alone import models_alone, stated_costs
from bitline.reproduce.reproduction import Row, error_fraction, reproduce
from bitline.systems import load_chip, system_names

FOLDER = "macros/"
Sort: TypeAlias = Literal["efficiency", "density", "area", "throughput"]
SORTS: dict[str, Sort] = {
    "unit_ops_per_j": "efficiency", "unit_ops_per_s_m2": "density", "unit_m2": "area",
    "unit_ops_per_s": "throughput", "unit_vector_s": "throughput",
}  # fmt: skip


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One published figure of a macro."""

    macro: str
    sort: Sort
    row: Row
    node_nm: float
    rests_on: Tally
    """Numbers of the description by where they are from."""
    stated_costs: int
    """Energies, areas and standing powers among them."""
    models_alone: float
    """Our value without those."""

    @property
    def factor(self) -> float:
        """Ours over the published value (its nearer end, if it is a range)."""
        return 1.0 + (self.row.error_fraction or 0.0)

    @property
    def factor_alone(self) -> float:
        """Of the models alone, likewise."""
        return 1.0 + error_fraction(self.row.figure, self.models_alone)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far the predictions of one sort lie from what was published."""

    sort: Sort
    figures: int
    macros: int
    median_error_fraction: float
    """Of the size of the error, over macros: each counts once, with the median of its own figures."""
    worst_factor: float
    """The largest of ours over published, or published over ours."""
    with_envelope: int
    """Figures of which we give a low and a high value; times that follow from stated ones have none."""
    within_envelope: int
    """Those among them whose published value lies between our low and high."""
    median_error_fraction_alone: float
    """Of the models alone."""
    median_error_fraction_calibrated: float
    """With one factor common to all macros, each judged by the factor of the others."""


def predictions() -> tuple[Prediction, ...]:
    """Compute every figure of every macro that is an efficiency, a density, an area or a throughput."""
    return tuple(one for name in system_names() if name.startswith(FOLDER) for one in _of(name))


def spreads(found: Sequence[Prediction]) -> tuple[Spread, ...]:
    """Sum up by sort."""
    sorts = dict.fromkeys(one.sort for one in found)
    return tuple(_spread(sort, [one for one in found if one.sort == sort]) for sort in sorts)


def _of(system: str) -> Iterable[Prediction]:
    for row in reproduce(system).rows:
        sort = SORTS.get(row.figure.metric)
        if sort is None or row.ours is None:
            continue
        chip = load_chip(chips_of(row.figure, system)[0])
        yield Prediction(
            macro=system.removeprefix(FOLDER), sort=sort, row=row, node_nm=chip.technology.node_nm,
            rests_on=tally(facts(chip)), stated_costs=stated_costs(chip),
            models_alone=float(evaluate(row.figure, system, models_alone).typical),
        )  # fmt: skip


def _spread(sort: Sort, found: Sequence[Prediction]) -> Spread:
    return Spread(
        sort=sort,
        figures=len(found),
        macros=len({one.macro for one in found}),
        median_error_fraction=_over_macros(found, lambda one: abs(one.factor - 1.0)),
        worst_factor=math.exp(max(abs(math.log(one.factor)) for one in found)),
        with_envelope=sum(one.row.ours_low is not None for one in found),
        within_envelope=sum(_inside(one.row) for one in found),
        median_error_fraction_alone=_over_macros(found, lambda one: abs(one.factor_alone - 1.0)),
        median_error_fraction_calibrated=_over_macros(
            found, lambda one: abs(one.factor / _common([other for other in found if other.macro != one.macro]) - 1.0)
        ),
    )


def _over_macros(found: Sequence[Prediction], size: Callable[[Prediction], float]) -> float:
    names = dict.fromkeys(one.macro for one in found)
    return statistics.median(statistics.median(size(one) for one in found if one.macro == name) for name in names)


def _common(others: Sequence[Prediction]) -> float:
    """Give the factor by which most of the others are off: the median over macros, in logarithms."""
    return math.exp(_over_macros(others, lambda one: math.log(one.factor))) if others else 1.0


def _inside(row: Row) -> bool:
    if row.ours_low is None or row.ours_high is None:
        return False
    published = row.figure.value if row.figure.low is None else row.figure.low
    return row.ours_low <= row.figure.value and published <= row.ours_high
