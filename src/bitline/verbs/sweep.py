"""Many designs at once: a macro for every combination of some values of its description.

The models take numpy arrays where a description holds a number, so a sweep evaluates them once for all designs.
Fields that decide how a weight or an input is cut (`STRUCTURAL`) are whole numbers with few values: designs that
share them are evaluated together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from bitline.errors import ConfigError, unknown_key, wrong_type
from bitline.hardware import Chip
from bitline.hardware.figure import Figure
from bitline.verbs.macro import Macro, macro, unit_of

STRUCTURAL = ("bits", "bits_per_pulse", "parallel_cells")
"""Last words of the fields that are not swept as arrays, except for the bits of a converter."""
SWEPT_BITS = "adc"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Macros of all designs; each array is over the designs `[designs]`, the last axis varying fastest."""

    axes: Mapping[str, NDArray[Any]]
    """What each design has, by the path of the field."""
    ops_per_s: NDArray[np.float64]
    ops_per_j: NDArray[np.float64]
    ops_per_j_low: NDArray[np.float64]
    ops_per_j_high: NDArray[np.float64]
    ops_per_s_m2: NDArray[np.float64]
    m2: NDArray[np.float64]
    vector_j: NDArray[np.float64]
    vector_s: NDArray[np.float64]

    @property
    def designs(self) -> int:
        """How many."""
        return self.ops_per_s.size


def sweep(
    chip: Chip, axes: Mapping[str, Sequence[float] | NDArray[Any]], *, engine: str | None = None,
    parts: Sequence[str] = (),
) -> Sweep:  # fmt: skip
    """Evaluate the macro of an engine for every combination of values.

    `axes` are values by dotted path: `technology.node_nm`, `technology.supply_v`, or any number below the engine,
    such as `array.rows`, `adc.bits` and `cell.g_max_siemens` (written from the engine on).

    Raises:
        ConfigError: a path that is not a number of the description, or an axis without values.

    """
    grid = _grid(axes)
    found = {name: np.empty(_designs(grid)) for name in Sweep.__dataclass_fields__ if name != "axes"}
    for chosen, structure in _groups(grid):
        values = {path: column[chosen] for path, column in grid.items() if path not in structure}
        one = macro(_changed(chip, engine, {**structure, **values}), engine, parts=parts)
        for name, value in _results(one).items():
            found[name][chosen] = value
    return Sweep(axes=grid, **found)


def parse_axis(text: str) -> tuple[str, NDArray[Any]]:
    """Read `FIELD=VALUES`: numbers with commas between them, or whole numbers FIRST..LAST.

    Raises:
        ConfigError: it does not read so.

    """
    path, equals, values = text.partition("=")
    first, dots, last = values.partition("..")
    try:
        listed = np.arange(int(first), int(last) + 1) if dots else np.array([_number(one) for one in values.split(",")])
    except ValueError:
        listed = np.empty(0)
    if not (path and equals and listed.size):
        raise wrong_type("vary", text, "FIELD=VALUES, such as adc.bits=4..10 or array.rows=64,128")
    return path, listed


def _number(text: str) -> float:
    return int(text) if text.strip().isdigit() else float(text)


def _results(one: Macro) -> dict[str, Any]:
    per_j, energy = one.ops_per_j, one.vector_j
    return {
        "ops_per_s": one.ops_per_s, "ops_per_j": per_j.typical, "ops_per_j_low": _or_typical(per_j.low, per_j),
        "ops_per_j_high": _or_typical(per_j.high, per_j), "ops_per_s_m2": one.ops_per_s_m2.typical,
        "m2": one.m2.typical, "vector_j": energy.typical, "vector_s": one.seconds,
    }  # fmt: skip


def _or_typical(end: float | None, figure: Figure) -> float:
    return figure.typical if end is None else end


def _grid(axes: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    columns = {path: np.atleast_1d(np.asarray(values)) for path, values in axes.items()}
    for path, values in columns.items():
        if values.ndim != 1 or not values.size or values.dtype.kind not in "iuf":
            raise ConfigError(f"{path}: an axis of a sweep is a list of at least one number.")
    mesh = np.meshgrid(*columns.values(), indexing="ij")
    return {path: one.reshape(-1) for path, one in zip(columns, mesh, strict=True)}


def _designs(grid: Mapping[str, NDArray[Any]]) -> int:
    return next(iter(grid.values())).size if grid else 1


def _groups(grid: Mapping[str, NDArray[Any]]) -> Iterator[tuple[NDArray[np.bool_], dict[str, int]]]:
    """Give the designs that share their structure, and that structure."""
    structural = [path for path in grid if _is_structural(path)]
    rows = np.stack([grid[path] for path in structural], axis=1) if structural else np.zeros((_designs(grid), 0))
    for row in np.unique(rows, axis=0):
        yield (rows == row).all(axis=1), {path: int(v) for path, v in zip(structural, row, strict=True)}


def _is_structural(path: str) -> bool:
    *above, last = path.split(".")
    return last in STRUCTURAL and above[-1:] != [SWEPT_BITS]


def _changed(chip: Chip, engine: str | None, values: Mapping[str, Any]) -> Chip:
    name, unit = unit_of(chip, engine)
    technology = chip.technology
    for path, value in values.items():
        first, _, rest = path.partition(".")
        if first == "technology":
            technology = _with(technology, rest.split("."), value, path)
        else:
            unit = _with(unit, path.split("."), value, path)
    return replace(chip, technology=technology, engines={**chip.engines, name: unit})


def _with(block: Any, path: list[str], value: Any, whole: str) -> Any:
    known = [field.name for field in fields(block)]
    if path[0] not in known:
        raise unknown_key(whole, known, type(block).__name__)
    if len(path) == 1:
        return replace(block, **{path[0]: value})
    inner = getattr(block, path[0])
    if not is_dataclass(inner):
        raise ConfigError(f"{whole}: {path[0]} holds nothing below it in this description.")
    return replace(block, **{path[0]: _with(inner, path[1:], value, whole)})
