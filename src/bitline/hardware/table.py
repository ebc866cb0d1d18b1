"""Measured devices as tables, and how a description names a CSV file instead of a table."""

from __future__ import annotations

import csv
import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any, final

from bitline.errors import unreadable
from bitline.hardware.document import Document
from bitline.hardware.law import way_between
from bitline.hardware.quantity import Fraction, NonNegative

KEY = "csv"
"""Stands in a block for the columns of a file: each column of the file is a field of the block."""
EXPECTED = "a table of numbers (CSV with a header line)"
COLUMNS = ("seconds", "state", "mean", "spread")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTable:
    """A measured cell, one entry per age and state; `csv: FILE` with these columns stands for the lists.

    Straight lines between states, and between ages in the logarithm of time (from age 0 to the next, in time). The
    states of one age need not be those of another. Outside of what was measured the nearest entry holds.
    """

    seconds: tuple[NonNegative, ...]
    """Age."""
    state: tuple[Fraction, ...]
    """Conductance that was meant, as a share of g_max."""
    mean: tuple[NonNegative, ...]
    """Mean conductance of cells of that state, as a share of g_max."""
    spread: tuple[NonNegative, ...]
    """Standard deviation between cells, as a share of g_max."""


@final
@dataclass(frozen=True, slots=True)
class Curve:
    """Corners of a line of mean and spread against the state."""

    state: tuple[float, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]


def curves_around(table: DeviceTable, seconds: float) -> tuple[Curve, Curve, float]:
    """Give the measured curves before and after an age, and how far between them it lies (0 to 1)."""
    ages = sorted(set(table.seconds))
    after = bisect_right(ages, seconds)
    if after in (0, len(ages)):
        at = ages[max(0, after - 1)]
        return _curve(table, at), _curve(table, at), 0.0
    first, second = ages[after - 1], ages[after]
    return _curve(table, first), _curve(table, second), way_between(first, second, seconds)


def read_device_table(file: File | str) -> DeviceTable:
    """Read a measured cell from a CSV file with the columns seconds, state, mean, spread.

    Raises `DataError` if it is no table of numbers or does not have just these columns, or a number is not allowed.
    """
    path = File(file)
    found = read_columns(path)
    if sorted(found) != sorted(COLUMNS):
        raise unreadable(path, f"a device table with the columns {','.join(COLUMNS)}", f"it has {','.join(found)}.")
    table = DeviceTable(**{name: tuple(map(float, found[name])) for name in COLUMNS})
    if wrong := table_fault(table):
        raise unreadable(path, "a device table", f"{wrong}.")
    return table


def table_fault(table: DeviceTable) -> str:
    """Say what is wrong with a table; empty if nothing is."""
    columns = (table.seconds, table.state, table.mean, table.spread)
    if not table.seconds or len(set(map(len, columns))) > 1:
        return "its columns must have the same length, of at least one entry"
    entries = list(zip(table.seconds, table.state, strict=True))
    if len(set(entries)) < len(entries):
        twice = next(entry for entry in entries if entries.count(entry) > 1)
        return f"the state {twice[1]:g} stands twice at {twice[0]:g} s"
    if min(map(min, columns)) < 0 or max(table.state) > 1:
        return "a state is a share of g_max in 0..1, and no number is negative"
    return ""


def read_columns(path: File) -> dict[str, list[float | int]]:
    """Read a CSV file of numbers by column. Raises `DataError` with the line that is wrong."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as opened:
            lines = [(number, line) for number, line in enumerate(csv.reader(opened), start=1) if any(line)]
    except OSError as error:
        raise unreadable(path, EXPECTED, f"{error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise unreadable(path, EXPECTED, f"{error}.") from None
    if len(lines) < 2:
        raise unreadable(path, EXPECTED, "it has no line of numbers below its header.")
    names = [name.strip() for name in lines[0][1]]
    if len(set(names)) < len(names) or not all(names) or any(_number(name) is not None for name in names):
        raise unreadable(path, EXPECTED, f"line 1: the header {','.join(names)!r} does not name every column once.")
    columns: dict[str, list[float | int]] = {name: [] for name in names}
    for number, line in lines[1:]:
        if len(line) != len(names):
            raise unreadable(path, EXPECTED, f"line {number}: {len(line)} values below {len(names)} names.")
        for name, text in zip(names, line, strict=True):
            value = _number(text)
            if value is None:
                raise unreadable(path, EXPECTED, f"line {number}: {name} = {text.strip()!r} is not a finite number.")
            columns[name].append(value)
    return columns


def with_columns(document: Document, folder: File) -> Document:
    """Put the columns of every file that a block names under `csv` in its place; paths start at `folder`."""

    def opened(tree: Any) -> Any:
        if isinstance(tree, list):
            return [opened(item) for item in tree]
        if not isinstance(tree, dict):
            return tree
        beside = {key: opened(value) for key, value in tree.items() if key != KEY}
        # What is not the name of a file is left to the schema, which knows no such key.
        return read_columns(folder / tree[KEY]) | beside if isinstance(tree.get(KEY), str) else tree | beside

    return replace(document, tree=opened(document.tree))


def _curve(table: DeviceTable, seconds: float) -> Curve:
    rows = sorted(
        (state, mean, spread)
        for at, state, mean, spread in zip(table.seconds, table.state, table.mean, table.spread, strict=True)
        if at == seconds
    )
    state, mean, spread = zip(*rows, strict=True)
    return Curve(state, mean, spread)


def _number(text: str) -> float | int | None:
    readers: tuple[Callable[[str], float | int], ...] = (int, float)
    for read in readers:
        try:
            value = read(text)
        except ValueError:
            continue
        return value if math.isfinite(value) else None
    return None
