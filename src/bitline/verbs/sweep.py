"""Many designs at once: a macro for every combination of some values of its description.

The models take numpy arrays where a description holds a number, so a sweep evaluates them once for all designs.
Fields that decide how a weight or an input is cut (`STRUCTURAL`) are whole numbers with few values: designs that
share them are evaluated together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from bitline.hardware import Chip
from bitline.hardware.engine import Engine
from bitline.hardware.figure import Figure
from bitline.verbs.axes import MOST_DESIGNS, allowed, too_many
from bitline.verbs.macro import Macro, macro, unit_of

STRUCTURAL = ("bits", "bits_per_pulse", "parallel_cells")
"""Last words of the fields that are not swept as arrays, except for the bits of a converter."""
SWEPT_BITS = "adc"
VERIFIED = "cell.write.tolerance_fraction"
"""Pulses until a cell is within a tolerance are counted state by state: with one, a cell is priced on its own."""


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
        ConfigError: a path that is not a number of the description, a value that may not stand there, an axis
            without values, or too many designs.

    """
    name, unit = unit_of(chip, engine)
    grid = _grid({path: allowed(path, values, chip, unit) for path, values in axes.items()})
    found = {name: np.empty(_designs(grid)) for name in Sweep.__dataclass_fields__ if name != "axes"}
    for chosen, structure in _groups(grid, _structural(grid, unit)):
        values = {path: column[chosen] for path, column in grid.items() if path not in structure}
        one = macro(_changed(chip, name, {**structure, **values}), name, parts=parts)
        for result, value in _results(one).items():
            found[result][chosen] = value
    return Sweep(axes=grid, **found)


def _results(one: Macro) -> dict[str, Any]:
    per_j, energy = one.ops_per_j, one.vector_j
    return {
        "ops_per_s": one.ops_per_s, "ops_per_j": per_j.typical, "ops_per_j_low": _or_typical(per_j.low, per_j),
        "ops_per_j_high": _or_typical(per_j.high, per_j), "ops_per_s_m2": one.ops_per_s_m2.typical,
        "m2": one.m2.typical, "vector_j": energy.typical, "vector_s": one.seconds,
    }  # fmt: skip


def _or_typical(end: float | None, figure: Figure) -> float:
    return figure.typical if end is None else end


def _grid(axes: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    designs = prod(values.size for values in axes.values())
    if designs > MOST_DESIGNS:
        raise too_many(designs)
    mesh = np.meshgrid(*axes.values(), indexing="ij")
    return {path: one.reshape(-1) for path, one in zip(axes, mesh, strict=True)}


def _designs(grid: Mapping[str, NDArray[Any]]) -> int:
    return next(iter(grid.values())).size if grid else 1


def _groups(
    grid: Mapping[str, NDArray[Any]], structural: Sequence[str]
) -> Iterator[tuple[NDArray[np.bool_], dict[str, float]]]:
    """Give the designs that share their structure, and that structure."""
    rows = np.stack([grid[path] for path in structural], axis=1) if structural else np.zeros((_designs(grid), 0))
    for row in np.unique(rows, axis=0):
        values = {path: _plain(value, grid[path]) for path, value in zip(structural, row, strict=True)}
        yield (rows == row).all(axis=1), values


def _plain(value: float, column: NDArray[Any]) -> float:
    return int(value) if column.dtype.kind in "iu" else float(value)


def _structural(grid: Mapping[str, NDArray[Any]], unit: Engine) -> list[str]:
    write = getattr(getattr(unit, "cell", None), "write", None)
    verified = VERIFIED in grid or getattr(write, "tolerance_fraction", None) is not None
    return [path for path in grid if _is_structural(path) or (verified and path.startswith("cell."))]


def _is_structural(path: str) -> bool:
    *above, last = path.split(".")
    return last in STRUCTURAL and above[-1:] != [SWEPT_BITS]


def _changed(chip: Chip, name: str, values: Mapping[str, Any]) -> Chip:
    technology, unit = chip.technology, chip.engines[name]
    for path, value in values.items():
        first, _, rest = path.partition(".")
        if first == "technology":
            technology = _with(technology, rest.split("."), value)
        else:
            unit = _with(unit, path.split("."), value)
    return replace(chip, technology=technology, engines={**chip.engines, name: unit})


def _with(block: Any, path: list[str], value: Any) -> Any:
    inner = value if len(path) == 1 else _with(getattr(block, path[0]), path[1:], value)
    return replace(block, **{path[0]: inner})
