"""Reads that were stored and are replayed, as chips measured once stand in for fresh noise."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from bitline.errors import missing, outside
from bitline.hardware import Cell
from bitline.numerics.chance import Key
from bitline.numerics.devices.age import NEW, Age
from bitline.numerics.devices.draw import Draw
from bitline.numerics.devices.programmed import programmed


def replayed(level: Tensor, bits: int, cell: Cell, draw: Draw, which: Key, age: Age = NEW, *, index: int) -> Tensor:
    """Give the levels that stored read `index` found, of the cells that `programmed` describes; float32.

    Raises `ConfigError` if reads of this cell are not replayed, or there are fewer stored.
    """
    noise = cell.read_noise
    if noise is None or noise.replays is None:
        raise missing("cell.read_noise.replays", "how many reads are stored, to replay one")
    if not 0 <= index < noise.replays:
        raise outside("index", index, 0, noise.replays - 1, "")

    def drawn(key: Key) -> Tensor:
        return draw((*which, "read", index) if key == (*which, "read", 0) else key)

    still = replace(cell, read_noise=replace(noise, replays=1))
    return programmed(level, bits, still, drawn, which, age).level
