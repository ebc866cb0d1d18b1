"""Traces of real servers: a CSV file with a time, a prompt length and an output length for each request.

Columns as in the Azure LLM inference traces (TIMESTAMP, ContextTokens, GeneratedTokens); times as dates or seconds.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from bitline.errors import DataError, unreadable
from bitline.serving.arrivals import MOST_TOKENS, Arrivals

COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
EXPECTED = f"a trace of requests with the columns {', '.join(COLUMNS)}"


def read_trace(path: str | Path) -> Arrivals:
    """Read a trace; times count from its first request. Raises DataError with the line of what is wrong."""
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file, strict=True)
            places = _places(path, next(rows, []))
            found = [_request(path, rows.line_num, row, places) for row in rows if row]
    except OSError as error:
        raise unreadable(path, EXPECTED, f"{error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise unreadable(path, EXPECTED, f"{error}.") from None
    if not found:
        raise unreadable(path, EXPECTED, "it has no requests.")
    start = found[0][0]
    times_s = np.array([_since_s(path, one[0], start) for one in found])
    late = np.flatnonzero(np.diff(times_s) < 0)
    if late.size:
        raise unreadable(path, EXPECTED, f"request {int(late[0]) + 2} is earlier than the one before it. Sort by time.")
    return Arrivals(
        arrival_s=times_s,
        prompt=np.array([one[1] for one in found], dtype=np.int64),
        generate=np.array([one[2] for one in found], dtype=np.int64),
        source=path.name,
    )


def _places(path: Path, header: Sequence[str]) -> tuple[int, ...]:
    names = [name.strip().lower() for name in header]
    for column in COLUMNS:
        if column.lower() not in names:
            raise unreadable(
                path, EXPECTED, f"no column {column} in {', '.join(header)[:200] or 'an empty first line'}."
            )
    return tuple(names.index(column.lower()) for column in COLUMNS)


def _request(path: Path, line: int, row: Sequence[str], places: Sequence[int]) -> tuple[datetime | float, int, int]:
    if len(row) <= max(places):
        raise unreadable(path, EXPECTED, f"line {line} has {len(row)} of {max(places) + 1} cells; is the file cut off?")
    when, prompt, generate = (row[place].strip() for place in places)
    return (
        _time(path, line, when),
        _count(path, line, "ContextTokens", prompt),
        _count(path, line, COLUMNS[2], generate),
    )


def _time(path: Path, line: int, word: str) -> datetime | float:
    try:
        seconds = float(word)
    except ValueError:
        pass
    else:
        if math.isfinite(seconds):
            return seconds
        raise _bad(path, line, "TIMESTAMP", word, "finite")
    # A tenth of a microsecond, as Azure writes it, is more than a datetime holds.
    whole, _, fraction = word.partition(".")
    try:
        return datetime.fromisoformat(f"{whole}.{fraction[:6]}" if fraction.isdigit() else word)
    except ValueError:
        raise _bad(path, line, "TIMESTAMP", word, "a date and time, or seconds") from None


def _since_s(path: Path, when: datetime | float, start: datetime | float) -> float:
    if isinstance(when, datetime) and isinstance(start, datetime):
        try:
            return (when - start).total_seconds()
        except TypeError:
            raise unreadable(path, EXPECTED, "some times have a time zone and some have none.") from None
    if isinstance(when, datetime) or isinstance(start, datetime):
        raise unreadable(path, EXPECTED, "some times are dates and some are seconds.")
    return when - start


def _count(path: Path, line: int, column: str, word: str) -> int:
    try:
        count = int(word)
    except ValueError:
        raise _bad(path, line, column, word, "a whole number") from None
    if not 1 <= count <= MOST_TOKENS:
        raise _bad(path, line, column, word, f"in 1..{MOST_TOKENS}")
    return count


def _bad(path: Path, line: int, column: str, word: str, allowed: str) -> DataError:
    return unreadable(path, EXPECTED, f"line {line}: {column} = {word[:40]!r} is not {allowed}.")
