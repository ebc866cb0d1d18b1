"""Macros alone: full arrays at work, without the chip around them; see `bitline.verbs.macro`.

`supply_v` is that of the figure, if it is not the description's; `parts` are those that the publication counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bitline.hardware import Chip
from bitline.hardware.activity import USUAL, Activity
from bitline.hardware.figure import Figure
from bitline.verbs.macro import Macro, macro


def unit_ops_per_s(*, chip: Chip, supply_v: float | None = None, engine: str | None = None) -> float:
    """Operations per second of one unit."""
    return float(_macro(chip, supply_v, engine).ops_per_s)


def unit_ops_per_j(
    *,
    chip: Chip,
    supply_v: float | None = None,
    engine: str | None = None,
    parts: Sequence[str] = (),
    drive_fraction: float | None = None,
    cell_fraction: float | None = None,
    toggle_fraction: float | None = None,
) -> Figure:
    """Operations per joule of one unit; the fractions are the activity of the data, where the paper says it."""
    activity = Activity(
        drive_fraction=USUAL.drive_fraction if drive_fraction is None else drive_fraction,
        cell_fraction=USUAL.cell_fraction if cell_fraction is None else cell_fraction,
        toggle_fraction=USUAL.toggle_fraction if toggle_fraction is None else toggle_fraction,
    )
    return _macro(chip, supply_v, engine, parts, activity).ops_per_j


def unit_ops_per_s_m2(
    *, chip: Chip, supply_v: float | None = None, engine: str | None = None, parts: Sequence[str] = ()
) -> Figure:
    """Operations per second and square metre of one unit."""
    return _macro(chip, supply_v, engine, parts).ops_per_s_m2


def unit_m2(*, chip: Chip, engine: str | None = None, parts: Sequence[str] = ()) -> Figure:
    """Area of one unit."""
    return _macro(chip, None, engine, parts).m2


def unit_vector_s(*, chip: Chip, supply_v: float | None = None, engine: str | None = None) -> float:
    """Seconds for one full vector in one unit."""
    return float(_macro(chip, supply_v, engine).seconds)


def unit_vector_j(
    *, chip: Chip, supply_v: float | None = None, engine: str | None = None, parts: Sequence[str] = ()
) -> Figure:
    """Energy of one full vector in one unit."""
    return _macro(chip, supply_v, engine, parts).vector_j


def unit_energy_share_fraction(
    *, chip: Chip, of: Sequence[str], supply_v: float | None = None, engine: str | None = None,
    parts: Sequence[str] = (),
) -> float:  # fmt: skip
    """Energy of some parts over that of all the parts counted."""
    one = _macro(chip, supply_v, engine, parts)
    return float(sum(one.energy_j[part].typical for part in of) / one.vector_j.typical)


def unit_area_share_fraction(
    *, chip: Chip, of: Sequence[str], engine: str | None = None, parts: Sequence[str] = ()
) -> float:
    """Area of some parts over that of all the parts counted."""
    one = _macro(chip, None, engine, parts)
    return float(sum(one.area_m2[part].typical for part in of) / one.m2.typical)


def _macro(
    chip: Chip, supply_v: float | None, engine: str | None, parts: Sequence[str] = (), activity: Activity = USUAL
) -> Macro:
    if supply_v is not None:
        chip = replace(chip, technology=replace(chip.technology, supply_v=supply_v))
    return macro(chip, engine, parts=parts, activity=activity)
