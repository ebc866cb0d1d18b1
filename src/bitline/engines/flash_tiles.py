"""How a matrix is cut into the tiles of read-compute rounds, and which tiles go to the host instead.

On one channel a tile is `inputs x outputs`, one page of every die. Side by side, channels cover a rectangle: a power
of two of them along the inputs, the fewest that hold all inputs of the matrix, so that no sum is left open between
rounds; the others along the outputs. Inputs beyond what all channels hold in a row follow in rounds of their own.
Matrices that this rectangle does not divide leave tiles that are not full, and
a round takes as long for those. The host reads what its share of time allows: fewest values first.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log2, sqrt
from typing import final

import numpy as np

from bitline.operators import Size


@final
@dataclass(frozen=True, slots=True)
class Tile:
    """Inputs and outputs of what all dies multiply in one round."""

    inputs: int
    outputs: int


@final
@dataclass(frozen=True, slots=True)
class Split:
    """One matrix between dies and host."""

    rounds: Size
    """Tiles that dies multiply."""
    host_values: Size
    """Values that the host reads and multiplies."""


def channel_tile(values: int) -> Tile:
    """Give the tile of one channel: as square as powers of two allow, since input and results share the channel."""
    inputs = 1 << floor(log2(sqrt(values)))
    return Tile(inputs, values // inputs)


def round_tile(one: Tile, channels: int, k: int) -> Tile:
    """Lay the tiles of all channels side by side for `k` inputs."""
    along = min(channels, 1 << ceil(log2(ceil(k / one.inputs))))
    return Tile(along * one.inputs, channels // along * one.outputs)


def all_on_dies(k: int, n: int, one: Tile, channels: int) -> Split:
    """Leave nothing to the host."""
    return Split(sum(count for count, _ in _pieces(k, n, one, channels)), 0)


def split(k: int, n: int, one: Tile, channels: int, *, round_s: Size, host_s_per_value: Size) -> Split:
    """Share the tiles of a matrix `[k, n]` out so that both sides finish soonest; whole tiles only."""
    pieces = _pieces(k, n, one, channels)
    left, taken = sum(count for count, _ in pieces), 0
    best: tuple[Size, Size, Size] | None = None
    for count, values in pieces:
        ahead_s = left * round_s - taken * host_s_per_value
        crossing = np.clip(ahead_s / (round_s + values * host_s_per_value), 0, count)
        for more in (np.floor(crossing), np.ceil(crossing)):
            rounds, host = left - more, taken + more * values
            time_s = np.maximum(rounds * round_s, host * host_s_per_value)
            best = (time_s, rounds, host) if best is None else _sooner(best, (time_s, rounds, host))
        left, taken = left - count, taken + count * values
    assert best is not None
    return Split(best[1], best[2])


def _pieces(k: int, n: int, one: Tile, channels: int) -> list[tuple[int, int]]:
    """Count tiles by the values they hold, fewest first; inputs left over get a rectangle of their own."""
    wide = round_tile(one, channels, k)
    strips, k_left = divmod(k, wide.inputs)
    found = _strip(strips, wide.inputs, n, wide.outputs)
    if k_left:
        found += _strip(1, k_left, n, round_tile(one, channels, k_left).outputs)
    return sorted(((count, values) for count, values in found if count and values), key=lambda piece: piece[1])


def _strip(strips: int, inputs: int, n: int, outputs: int) -> list[tuple[int, int]]:
    whole, n_left = divmod(n, outputs)
    return [(strips * whole, inputs * outputs), (strips, inputs * n_left)]


def _sooner(one: tuple[Size, Size, Size], other: tuple[Size, Size, Size]) -> tuple[Size, Size, Size]:
    take = other[0] < one[0]
    chosen = [np.where(take, new, old) for new, old in zip(other, one, strict=True)]
    return chosen[0], chosen[1], chosen[2]
