"""Cells that do not obey: stuck ones, and the map of a measured array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.hardware.quantity import Count, Fraction, Whole


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class YieldMap:
    """The cells of one array that are stuck; `csv: FILE` with the columns row,column,state stands for the lists.

    Every array has this map. Output n of a matrix begins at its column n, shifted by an amount that is drawn for each
    digit and polarity, as these stand elsewhere: which column of an array a matrix comes to lie on is not followed.
    """

    rows: Count
    """Of the array."""
    columns: Count
    row: tuple[Whole, ...]
    """Of each stuck cell, counted from 0."""
    column: tuple[Whole, ...]
    state: tuple[Fraction, ...]
    """Where each is stuck: 0 at g_min, 1 at g_max."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Cells that stay at one conductance, whatever is written: they neither stray nor drift, but are read noisily."""

    stuck_on_fraction: Fraction = 0.0
    """Share of all cells that are stuck at g_max, anywhere."""
    stuck_off_fraction: Fraction = 0.0
    """Share of all cells that are stuck at g_min, anywhere."""
    map: YieldMap | None = None
