"""Published figures against ours, as plain values; reports print them and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from bitline.hardware.provenance import Tally, facts, tally
from bitline.reproduce.evaluation import chips_of, evaluate
from bitline.systems import Published, load_chip, load_published
from bitline.systems.published import Status


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One published figure beside ours."""

    figure: Published
    ours: float | None
    """In the figure's unit; None if it was not tried."""
    ours_low: float | None = None
    ours_high: float | None = None
    """Envelope of ours, where the models give one."""
    error_fraction: float | None
    """Ours over the published value, less one; from the nearer end of a printed range, 0 inside it."""
    status: Status
    fitted: int
    """Fitted parameters of the chips it was computed with."""

    @property
    def conditions(self) -> str:
        """The conditions in one line: chip, baseline, model, sizes."""
        return ", ".join(f"{key} {_words(value)}" for key, value in self.figure.conditions.items())


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """All figures of a system, and what they rest on."""

    system: str
    summary: str
    rows: tuple[Row, ...]
    parameters: Mapping[str, Tally]
    """How many numbers are stated, assumed and fitted, by chip: the system, and the variants and baselines that its
    figures use."""
    conflicts: Mapping[str, str]
    """What the publication says in more than one way."""

    def count(self, status: Status, *, derived: bool = False) -> int:
        """Count the figures of one status: those published, or those that follow from them by arithmetic alone."""
        return sum(row.status == status and (row.figure.tag == "derived") == derived for row in self.rows)


def reproduce(system: str) -> Reproduction:
    """Compute every published figure of a system. Raises `ConfigError` for an unknown name."""
    figures = load_published(system)
    names = dict.fromkeys([system, *(name for figure in figures for name in chips_of(figure, system))])
    counts = {name: tally(facts(load_chip(name))) for name in names}
    chip = load_chip(system)
    return Reproduction(
        system=system,
        summary=chip.summary,
        rows=tuple(_row(figure, system, counts) for figure in figures),
        parameters=counts,
        conflicts=chip.provenance.conflicts,
    )


def _row(figure: Published, system: str, counts: Mapping[str, Tally]) -> Row:
    fitted = sum(counts[name].fitted for name in chips_of(figure, system))
    if figure.status == "untried":
        return Row(figure=figure, ours=None, error_fraction=None, status="untried", fitted=fitted)
    found = evaluate(figure, system)
    ours = float(found.typical)
    error = error_fraction(figure, ours)
    status: Status = "reached" if _in_band(figure, error) else "missed"
    return Row(
        figure=figure, ours=ours, ours_low=_end(found.low), ours_high=_end(found.high), error_fraction=error,
        status=status, fitted=fitted,
    )  # fmt: skip


def _end(value: float | None) -> float | None:
    return None if value is None else float(value)


def error_fraction(figure: Published, ours: float) -> float:
    """Give ours over the published value, less one; from the nearer end of a printed range, 0 inside it."""
    low = figure.value if figure.low is None else figure.low
    end = min(max(ours, low), figure.value)
    return ours / end - 1.0


def _in_band(figure: Published, error_fraction: float) -> bool:
    if figure.bound == "at_most":
        return error_fraction <= figure.within
    if figure.bound == "at_least":
        return error_fraction >= -figure.within
    return abs(error_fraction) <= figure.within


def _words(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
