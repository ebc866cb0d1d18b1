"""The wires of an array: how resistive they are, which ends are connected, and how their effect is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.hardware.quantity import NonNegative, Positive


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class WireModel:
    """Wordlines run past the columns, bitlines past the rows; the default is ideal.

    The driver stands before column 0, the sense amplifier after the last row, each one cell pitch away.
    """

    wordline_ohm: NonNegative = 0.0
    """Per cell pitch. With `source: separate`, of the line that supplies the cells of a column."""
    bitline_ohm: NonNegative = 0.0
    """Per cell pitch."""
    driver_ohm: NonNegative = 0.0
    """In series with the first segment of every wordline."""
    sense_ohm: NonNegative = 0.0
    """In series with the last segment of every bitline."""
    access_ohm: NonNegative = 0.0
    """Transistor in series with every cell, as a fixed resistance."""
    drive: Literal["one_sided", "two_sided"] = "one_sided"
    """Whether a second driver of the same kind stands behind the last column."""
    sense: Literal["one_sided", "two_sided"] = "one_sided"
    """Whether a second sense amplifier of the same kind stands before row 0; both currents add up."""
    bitlines: Literal["separate", "interleaved"] = "separate"
    """Of the two cells of a differential pair: on arrays of their own, their sums subtracted after sensing; or on one
    bitline, each fed by a wordline of its own, at +V and -V."""
    source: Literal["input", "separate"] = "input"
    """Current comes from the wordlines; or from supply lines beside the bitlines, inputs only opening cells."""
    curve: Literal["linear", "hafnium_oxide", "sinh"] = "linear"
    """Current of a cell against its voltage; anything but `linear` is iterated for every input vector."""
    sinh_v: Positive | None = None
    """v of I = G v sinh(V / v), for `curve: sinh`."""
    method: Literal["exact", "coarse", "ladder"] = "coarse"
    """How linear cells are folded: all nodes; lines alone plus a lumped array for what they miss (within 1 % where
    wires take half of the current); lines alone (within 1 % where they take a tenth)."""

    @property
    def ideal(self) -> bool:
        """Whether nothing lies between drivers, cells and sense amplifiers, and cells are linear."""
        ohm = self.wordline_ohm + self.bitline_ohm + self.driver_ohm + self.sense_ohm + self.access_ohm
        return ohm == 0.0 and self.curve == "linear"
