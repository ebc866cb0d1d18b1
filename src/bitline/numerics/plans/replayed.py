"""Read noise that is replayed: every read meets one of a few stored reads of all cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, final

import torch
from torch import Tensor

from bitline.hardware import Cell
from bitline.numerics.chance import Key, fingerprints, number
from bitline.numerics.devices import Draw
from bitline.numerics.plans.sums import Sums


@final
class Replayed(Sums):
    """One set of cells for each stored read; a vector's codes choose which it meets, so its result is its own."""

    plan: ClassVar[str] = "exact"

    def __init__(self, reads: Sequence[Sums], key: Key) -> None:
        self.reads, self._key = tuple(reads), number((*key, "replay"))

    def sums(self, codes: Tensor) -> Tensor:
        """Multiply codes `[rows, k]`, each row with the cells of its own read."""
        marks = (fingerprints(codes) ^ self._key) % len(self.reads)
        found: Tensor | None = None
        for index, one in enumerate(self.reads):
            rows = torch.nonzero(marks == index).flatten()
            if not len(rows):
                continue
            sums = one.sums(codes[rows])
            sums = sums.mul(one.unit) if isinstance(one.unit, Tensor) or one.unit != 1.0 else sums
            if found is None:
                found = sums.new_zeros((len(codes), sums.shape[1]))
            found[rows] = sums
        assert found is not None
        return found

    @property
    def unit(self) -> float:
        """Sums are in products of codes."""
        return 1.0

    @property
    def stored_bytes(self) -> int:
        """Those of all stored reads."""
        return sum(one.stored_bytes for one in self.reads)


def stored_reads(cell: Cell) -> int:
    """Count the reads that are replayed; 0 or 1 where none is or one stands for all."""
    return (cell.read_noise.replays or 0) if cell.read_noise is not None else 0


def frozen_cell(cell: Cell) -> Cell:
    """Give the cell as one stored read shows it."""
    assert cell.read_noise is not None
    return replace(cell, read_noise=replace(cell.read_noise, replays=1))


def of_read(draw: Draw, read: int) -> Draw:
    """Let the error of the one stored read be that of read number `read`; all else of the cells stays."""
    return lambda which: draw((*which[:-1], read) if which[-2:] == ("read", 0) else which)
