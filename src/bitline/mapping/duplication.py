"""Copies of weights on spare units, given where most vectors queue."""

from __future__ import annotations

from dataclasses import replace

from bitline.mapping.plan import Holding


def duplicated(
    holdings: dict[tuple[str, str], Holding], units: int, vectors: dict[tuple[str, str], int]
) -> dict[tuple[str, str], Holding]:
    """Make the longest queue of vectors before any matrix as short as the units allow.

    `vectors` counts those that one matrix sees in a step. Queue lengths are compared, not times: on one engine
    a vector takes every matrix about as long.
    """
    longest = max(vectors[key] for key in holdings)
    short, enough = 1, longest
    while short < enough:
        queue = (short + enough) // 2
        if sum(_copies(vectors[key], queue) * h.units * h.layers for key, h in holdings.items()) <= units:
            enough = queue
        else:
            short = queue + 1
    return {key: replace(h, copies=_copies(vectors[key], enough)) for key, h in holdings.items()}


def _copies(vectors: int, queue: int) -> int:
    return -(-vectors // queue)
