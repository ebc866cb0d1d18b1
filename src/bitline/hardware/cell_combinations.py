"""Which of a cell's properties can stand together, and laws, tables and maps that mean nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from bitline.errors import above_other, contradicts, missing, wrong_type
from bitline.hardware.cell import Cell, Spread
from bitline.hardware.document import Path, Problem, dotted
from bitline.hardware.drift import Drift
from bitline.hardware.faults import Faults, YieldMap
from bitline.hardware.law import Course, Law, form
from bitline.hardware.table import table_fault


def cell_problems(path: Path, cell: Cell) -> Iterator[Problem]:
    """Check what a cell says of programming, drift, faults and reading."""
    for name in ("programming_noise", "read_noise"):
        spread: Spread | None = getattr(cell, name)
        if spread is not None:
            yield from _spread_problems((*path, name), spread, cell)
    if cell.programming_noise is not None:
        yield from _only_reading((*path, "programming_noise"), cell.programming_noise)
    if cell.drift is not None:
        yield from _drift_problems((*path, "drift"), cell.drift, cell)
    if cell.faults is not None:
        yield from _fault_problems((*path, "faults"), cell.faults)
    yield from _table_problems(path, cell)
    yield from _write_problems(path, cell)


def _spread_problems(path: Path, spread: Spread, cell: Cell) -> Iterator[Problem]:
    ways = ("sigma_fraction", "law", "course", "states_fraction")
    given = [name for name in ways if getattr(spread, name)]
    for name in given[1:]:
        yield _clash((*path, name), (*path, given[0]), "both say how large the error is")
    if spread.law is not None:
        yield from _law_problems((*path, "law"), spread.law, cell)
    if spread.course is not None:
        yield from _course_problems((*path, "course"), spread.course, cell)
    if spread.course is not None and spread.flicker is not None:
        yield _clash((*path, "flicker"), (*path, "course"), "both say how the error grows with age")
    if spread.states_fraction and len(spread.states_fraction) != 2**cell.bits:
        yield _wrong(
            (*path, "states_fraction"), spread.states_fraction, f"one number for each of {2**cell.bits} states"
        )


def _only_reading(path: Path, spread: Spread) -> Iterator[Problem]:
    for name in ("flicker", "replays"):
        if getattr(spread, name) is not None:
            yield _wrong((*path, name), getattr(spread, name), "a property of programming, only of read_noise")
    if spread.law_of == "programmed":
        yield _wrong((*path, "law_of"), spread.law_of, "a choice for programming, only for read_noise", near="present")


def _drift_problems(path: Path, drift: Drift, cell: Cell) -> Iterator[Problem]:
    if drift.shift is not None:
        yield from _course_problems((*path, "shift"), drift.shift, cell)
    if drift.power is not None:
        for name in ("exponent_mean", "exponent_sigma"):
            law: Law | None = getattr(drift.power, name)
            if law is not None:
                yield from _law_problems((*path, "power", name), law, cell, plain=True)
    if drift.logarithmic is not None and cell.g_max_siemens is None:
        yield _no_g_max(path[:-1], (*path, "logarithmic"))


def _course_problems(path: Path, course: Course, cell: Cell) -> Iterator[Problem]:
    place = (*path, "at")
    if not course.at:
        yield Problem(path=place, sentence=partial(missing, expected="at least one age with its law"))
    for i, one in enumerate(course.at):
        yield from _law_problems((*place, i, "law"), one.law, cell)
    for i, (one, two) in enumerate(pairwise(course.at), start=1):
        if two.seconds <= one.seconds:
            yield _wrong((*place, i, "seconds"), two.seconds, f"more than the {one.seconds:g} s before it")
        if form(one.law) != form(two.law):
            expected = "a law of the same form and units as the one before, for straight lines between their numbers"
            yield _wrong((*place, i, "law"), f"{len(two.law.pieces)} pieces", expected)


def _law_problems(path: Path, law: Law, cell: Cell, *, plain: bool = False) -> Iterator[Problem]:
    if not law.pieces:
        yield Problem(path=(*path, "pieces"), sentence=partial(missing, expected="at least one piece"))
    for side in ("argument", "value"):
        siemens, share = f"{side}_siemens", f"{side}_fraction"
        if getattr(law, siemens) is not None and getattr(law, share) is not None:
            yield _clash((*path, share), (*path, siemens), "both say what 1 means")
        if getattr(law, siemens) is not None and cell.g_max_siemens is None:
            yield _no_g_max(_above_cell(path), (*path, siemens))
        if plain and side == "value" and (getattr(law, siemens) or getattr(law, share)):
            yield _wrong((*path, siemens), getattr(law, siemens), "needed, as a drift exponent is a plain number")
    for i, piece in enumerate(law.pieces):
        place = (*path, "pieces", i)
        if not piece.coefficients:
            yield Problem(path=(*place, "coefficients"), sentence=partial(missing, expected="at least the constant"))
        if piece.low is not None and piece.high is not None and piece.low > piece.high:
            yield _above((*place, "low"), piece.low, (*place, "high"), piece.high)
        if i + 1 < len(law.pieces) and piece.below is None:
            expected = "the argument where the next piece begins"
            yield Problem(path=(*place, "below"), sentence=partial(missing, expected=expected))
        if i + 1 == len(law.pieces) and piece.below is not None:
            yield _wrong((*place, "below"), piece.below, "allowed in the last piece, which holds for all that is left")
    edges = [piece.below for piece in law.pieces if piece.below is not None]
    for i, (one, two) in enumerate(pairwise(edges), start=1):
        if two <= one:
            yield _wrong((*path, "pieces", i, "below"), two, f"more than that of the piece before, {one:g}")


def _table_problems(path: Path, cell: Cell) -> Iterator[Problem]:
    if cell.table is None:
        return
    if wrong := table_fault(cell.table):
        yield _wrong((*path, "table"), f"{len(cell.table.seconds)} entries", f"a table of a device: {wrong}")
    for name in ("programming_noise", "drift"):
        if getattr(cell, name) is not None:
            yield _clash((*path, name), (*path, "table"), "a table holds the spread and the mean at every age")


def _write_problems(path: Path, cell: Cell) -> Iterator[Problem]:
    write, noise = cell.write, cell.programming_noise
    place = (*path, "write", "tolerance_fraction")
    if write is None:
        return
    if write.tolerance_fraction is None:
        if write.most_pulses is not None:
            expected = "the distance from the target at which pulses end, as write.most_pulses is given"
            yield Problem(path=place, sentence=partial(missing, expected=expected))
        return
    if noise is None:
        expected = "the deviation of one pulse, as write.tolerance_fraction is given"
        yield Problem(path=(*path, "programming_noise"), sentence=partial(missing, expected=expected))
    elif noise.within_sigmas is not None:
        why = "verification already ends the tails"
        yield _clash(place, (*path, "programming_noise", "within_sigmas"), why)
    elif noise.course is not None:
        why = "what grows with age is not the deviation of one pulse"
        yield _clash(place, (*path, "programming_noise", "course"), why)


def _fault_problems(path: Path, faults: Faults) -> Iterator[Problem]:
    room = 1.0 - faults.stuck_on_fraction
    if faults.stuck_off_fraction > room:
        yield _wrong((*path, "stuck_off_fraction"), faults.stuck_off_fraction, f"within what is left, {room:g}")
    if faults.map is not None:
        yield from _map_problems((*path, "map"), faults.map)


def _map_problems(path: Path, stuck: YieldMap) -> Iterator[Problem]:
    if len({len(stuck.row), len(stuck.column), len(stuck.state)}) > 1:
        yield _wrong(path, f"{len(stuck.row)} rows", "a map whose row, column and state have the same length")
    for name, places, limit in (("row", stuck.row, stuck.rows), ("column", stuck.column, stuck.columns)):
        if places and max(places) >= limit:
            yield _above((*path, name, places.index(max(places))), max(places), (*path, f"{name}s"), limit - 1)


def _above_cell(path: Path) -> Path:
    """Give the path of the cell that a place is in."""
    names = ("programming_noise", "read_noise", "drift")
    return path[: max(i for i, step in enumerate(path) if step in names)]


def _no_g_max(cell: Path, user: Path) -> Problem:
    expected = f"the conductance of the highest level, as {dotted(user)} is in siemens"
    return Problem(path=(*cell, "g_max_siemens"), sentence=partial(missing, expected=expected))


def _clash(path: Path, other: Path, why: str) -> Problem:
    return Problem(path=path, sentence=partial(contradicts, other=dotted(other), why=why))


def _wrong(path: Path, value: Any, expected: str, near: Any = None) -> Problem:
    return Problem(path=path, sentence=partial(wrong_type, value=value, expected=expected, near=near))


def _above(path: Path, value: float, other: Path, limit: float) -> Problem:
    return Problem(path=path, sentence=partial(above_other, value=value, other=dotted(other), limit=limit))
