"""Designs of a sweep: those that nothing beats as a table, all of them as a file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bitline.errors import unwritable
from bitline.report.grid import Column, Grid, right
from bitline.report.units import area, quantity
from bitline.verbs.sweep import Sweep

RESULTS = ("ops_per_s", "ops_per_j", "ops_per_j_low", "ops_per_j_high", "ops_per_s_m2", "m2", "vector_j", "vector_s")


def unbeaten(found: Sweep) -> NDArray[np.intp]:
    """Give the designs that no other beats in operations per joule and per area at once, best energy first."""
    order = np.lexsort((-found.ops_per_s_m2, -found.ops_per_j))
    density = found.ops_per_s_m2[order]
    before = np.maximum.accumulate(np.concatenate(([-np.inf], density[:-1])))
    return order[density > before]


def designs_grid(found: Sweep, most: int, rest: str) -> Grid:
    """Make a table of the designs that nothing beats."""
    front = unbeaten(found)
    kept = front if front.size <= most else front[np.linspace(0, front.size - 1, most).round().astype(int)]
    columns: tuple[Column, ...] = tuple(right(path) for path in found.axes)
    columns += (right("OPS/W"), right("low to high"), right("OPS/mm²"), right("OPS"), right("area"))
    note = f"{found.designs:,} designs, {front.size} of them beaten by none in energy and density"
    note += f", {kept.size} of those shown." if kept.size < front.size else "."
    return Grid(
        title="Designs",
        columns=columns,
        rows=tuple(_row(found, int(i)) for i in kept),
        note=f"{note} All {rest}." if rest else note,
    )


def save_designs(found: Sweep, file: Path) -> None:
    """Write all designs, one a line, in SI units. Raises `DataError` where nothing can be written."""
    try:
        with file.open("w", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow([*found.axes, *RESULTS])
            columns = [*found.axes.values(), *(getattr(found, name) for name in RESULTS)]
            writer.writerows(zip(*(column.tolist() for column in columns), strict=True))
    except OSError as error:
        raise unwritable(file, error.strerror or str(error)) from error


def json_of(found: Sweep) -> str:
    """Write all designs as one JSON object."""
    tree = {"schema": "bitline.sweep/1", "designs": found.designs}
    tree |= {"axes": {path: values.tolist() for path, values in found.axes.items()}}
    return json.dumps(tree | {name: getattr(found, name).tolist() for name in RESULTS})


def _row(found: Sweep, i: int) -> tuple[str, ...]:
    low, high = found.ops_per_j_low[i], found.ops_per_j_high[i]
    return (
        *(f"{values[i]:g}" for values in found.axes.values()),
        quantity(float(found.ops_per_j[i]), "OPS/W"),
        f"{quantity(float(low), '')} to {quantity(float(high), '')}",
        quantity(float(found.ops_per_s_m2[i]) * 1e-6, "OPS/mm²"),
        quantity(float(found.ops_per_s[i]), "OPS"),
        area(float(found.m2[i])),
    )
