"""What the controller of a channel does beyond what its memory asks for: a block of a description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.costs.bank_gemv import Habits
from bitline.hardware.quantity import NonNegative


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """Commands of a channel with units in its banks. As it stands, all goes as soon as the memory allows."""

    closes: Literal["together", "in_turn"] = "together"
    """Rows of all banks with one command, or of one bank after another, one a clock."""
    refreshes: Literal["together", "in_turn"] = "together"
    """All ranks at once, or each at a time of its own: units of all ranks wait for each."""
    latches_sums: bool = False
    """Products of the next sum go on while a sum leaves, but for the slot that it takes on the bus."""
    runs_on: bool = False
    """Rows are closed, and the buffer is filled, once the last sum of a row is begun rather than done: its products run
    beside that."""
    fills_first: bool = False
    """With two row buffers: rows are opened once the vector's buffer is filled, rather than meanwhile."""
    reserved_s: NonNegative = 0.0
    """Before a refresh, time in which no row is begun, so that none is late for it."""

    @property
    def habits(self) -> Habits:
        """What the time of a stream depends on."""
        return Habits(
            closes_in_turn=self.closes == "in_turn",
            refreshes_in_turn=self.refreshes == "in_turn",
            latches_sums=self.latches_sums,
            runs_on=self.runs_on,
            buffer_first=self.fills_first,
            reserved_s=self.reserved_s,
        )
