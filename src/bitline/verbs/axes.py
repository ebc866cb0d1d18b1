"""Axes of a sweep: numbers for one field of a description, read from text, each allowed to stand there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitline.errors import ConfigError, repeated, unknown_key, wrong_type
from bitline.hardware import Chip
from bitline.hardware.engine import Engine
from bitline.hardware.field import fields_of, limits, plain
from bitline.hardware.wording import expectation, nearest_value

MOST_DESIGNS = 10_000_000
"""Of one sweep: some gigabytes."""
WITHIN: Mapping[str, Any] = {"gt": np.greater, "ge": np.greater_equal, "le": np.less_equal, "lt": np.less}
"""What the marks of a bound mean."""


def parse_axes(texts: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read one axis from each text. Raises as `parse_axis`, and where two are of one field."""
    found: dict[str, NDArray[Any]] = {}
    for text in texts:
        path, values = parse_axis(text)
        if path in found:
            raise repeated(f"vary {path}", ", ".join(f"{value:g}" for value in found[path][:3]))
        found[path] = values
    return found


def parse_axis(text: str) -> tuple[str, NDArray[Any]]:
    """Read `FIELD=VALUES`: numbers with commas between them, or whole numbers FIRST..LAST.

    Raises:
        ConfigError: it does not read so.

    """
    path, equals, values = text.partition("=")
    first, dots, last = values.partition("..")
    try:
        listed = _counted(int(first), int(last)) if dots else np.array([_number(one) for one in values.split(",")])
    except ValueError:
        listed = np.empty(0)
    if not (path and equals and listed.size):
        raise wrong_type("vary", text, "FIELD=VALUES, such as adc.bits=4..10 or array.rows=64,128")
    return path, listed


def allowed(path: str, values: Sequence[float] | NDArray[Any], chip: Chip, unit: Engine) -> NDArray[Any]:
    """Give the values of an axis if each may stand in the field, whatever the other fields hold.

    Raises:
        ConfigError: no field of that path, or one that holds no number, or a value that may not stand there.

    """
    column = np.atleast_1d(np.asarray(values))
    if column.ndim != 1 or not column.size or column.dtype.kind not in "iuf":
        raise ConfigError(f"{path}: an axis of a sweep is a list of at least one number.")
    holds = _holds(path, chip, unit)
    good = np.isfinite(column)
    for name, bound in limits(holds).items():
        good &= WITHIN[name](column, bound)
    if plain(holds) is int:
        good &= column == np.rint(column)
    if not good.all():
        bad = column[~good][0].item()
        raise wrong_type(path, bad, expectation(holds), near=nearest_value(holds, bad))
    return column.astype(int) if plain(holds) is int else column


def too_many(designs: int) -> ConfigError:
    """Say that a sweep has more designs than memory would hold."""
    return wrong_type("vary", designs, f"a number of designs of at most {MOST_DESIGNS:,}")


def _counted(first: int, last: int) -> NDArray[Any]:
    if last - first >= MOST_DESIGNS:
        raise too_many(last - first + 1)
    return np.arange(first, last + 1)


def _number(text: str) -> float:
    return int(text) if text.strip().removeprefix("-").isdigit() else float(text)


def _holds(path: str, chip: Chip, unit: Engine) -> Any:
    """Say what the field of that path holds; ConfigError if it is no number."""
    first, _, rest = path.partition(".")
    block: Any = chip.technology if first == "technology" else unit
    *above, last = (rest if first == "technology" else path).split(".")
    for step in above:
        block = _field(block, step, path) and getattr(block, step)
        if not is_dataclass(block):
            raise ConfigError(f"{path}: {step} holds nothing below it in this description.")
    holds = _field(block, last, path)
    if plain(holds) not in (int, float):
        raise wrong_type("vary", path, f"a field that holds a number: it holds {expectation(holds)}")
    return holds


def _field(block: Any, name: str, path: str) -> Any:
    kind: type = type(block)
    known = fields_of(kind)
    if name not in known:
        raise unknown_key(path, known, kind.__name__)
    return known[name].holds
