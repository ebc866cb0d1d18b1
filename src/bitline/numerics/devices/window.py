"""The units of one slice of cells: levels, conductances counted in levels, and shares of g_max.

`2**bits` states stand evenly from g_min (level 0) to g_max (level `top`). Counted from no conductance at all a cell has
`level + off` levels, of which `full` make g_max.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Cell

_TABLE_BITS = 12
"""Up to here a function of the state is worked out once per state, not once per cell."""


def off_level(cell: Cell, bits: int) -> float:
    """Give g_min in units of one level: the distance of level 0 from no conductance at all."""
    return 0.0 if cell.on_off_ratio is None else ((1 << bits) - 1) / (cell.on_off_ratio - 1.0)


@final
@dataclass(frozen=True, slots=True)
class Window:
    """One slice's range of conductance."""

    cell: Cell
    bits: int

    @property
    def top(self) -> float:
        """Level of g_max."""
        return float((1 << self.bits) - 1)

    @property
    def off(self) -> float:
        """Levels from no conductance to g_min."""
        return off_level(self.cell, self.bits)

    @property
    def full(self) -> float:
        """Levels from no conductance to g_max."""
        return self.top + self.off

    def by_state(self, level: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        """Apply a function of the target's share of g_max to the cells `level` meant for it; float32."""
        if self.bits > _TABLE_BITS:
            return function((level.to(torch.float64) + self.off) / self.full).to(torch.float32)
        states = torch.arange(1 << self.bits, dtype=torch.float64, device=level.device)
        table = function((states + self.off) / self.full).to(torch.float32)
        places = level if level.dtype in (torch.int32, torch.int64) else level.to(torch.int64)
        return torch.index_select(table, 0, places.flatten()).view(level.shape)
