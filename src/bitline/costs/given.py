"""The first of several values that is given: what is stated wins, arrays of a sweep included."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def given(*values: T | None) -> T:
    """Give the first that is not None; the last must be given."""
    return next(value for value in values if value is not None)
