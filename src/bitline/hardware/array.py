"""The array of cells, how codes become cells and pulses, and how arrays are grouped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.hardware.quantity import Bits, Count, NonNegative, Positive


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """A block of cells whose bitlines each add up to `active_rows` products."""

    rows: Count
    columns: Count
    active_rows: Count | None = None
    """Rows driven together; all of them if not given."""
    read_s: Positive | None = None
    """Wordline rise, settling and sampling for one pulse; wins over the model."""
    wire_resistance_ohm: NonNegative = 0.0
    """Per cell pitch, on wordline and bitline alike; 0 is ideal."""
    area_m2: Positive | None = None
    """Of the cells with their drivers and multiplexers, converters not included; wins over the model."""

    @property
    def rows_at_once(self) -> int:
        """Rows that one bitline sum spans."""
        return self.active_rows or self.rows


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFormat:
    """How a weight becomes integer codes and then cells.

    Codes are symmetric, -(2**(bits-1)-1) .. 2**(bits-1)-1. `offset` adds 2**(bits-1) so that every code is
    unsigned and takes it off digitally; `differential` stores the magnitude on one of two cells.
    """

    bits: Bits = 8
    encoding: Literal["offset", "differential"] = "offset"
    scale: Literal["column", "tensor"] = "column"
    """One scale per output column of the layer, or one for the whole matrix."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class InputFormat:
    """How an input vector becomes integer codes and then pulses on the wordlines."""

    bits: Bits = 8
    bits_per_pulse: Bits = 1
    signed: Literal["twos_complement", "offset", "sign_split"] = "twos_complement"
    """Negative codes: the last pulse counts negative (one-bit pulses); a constant is added and its product taken
    off; or positive and negative parts go in two passes."""
    range: Literal["dynamic", "static"] = "dynamic"
    """Full scale: the largest magnitude of each vector, or one value per layer found by calibration."""

    @property
    def pulses(self) -> int:
        """Pulses that carry one input value in one pass."""
        magnitude = self.bits - 1 if self.signed == "sign_split" else self.bits
        return max(1, -(-magnitude // self.bits_per_pulse))

    @property
    def passes(self) -> int:
        """Times the pulses are sent: twice when the signs are split."""
        return 2 if self.signed == "sign_split" else 1


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """How many arrays there are and how they are grouped."""

    arrays_per_core: Count = 1
    cores_per_tile: Count = 1
    tiles: Count = 1

    @property
    def arrays(self) -> int:
        """Arrays in all."""
        return self.arrays_per_core * self.cores_per_tile * self.tiles
