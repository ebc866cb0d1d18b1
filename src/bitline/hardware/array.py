"""The array of cells, how codes become cells and pulses, and how arrays are grouped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.hardware.quantity import Bits, Count, Fraction, NonNegative, Percent, Positive
from bitline.hardware.wires import WireModel


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
    wires: WireModel | None = None
    """All of the wires, if one resistance does not say enough; then it wins."""
    area_m2: Positive | None = None
    """Of the cells with their drivers and multiplexers, converters not included; wins over the model."""

    @property
    def rows_at_once(self) -> int:
        """Rows that one bitline sum spans."""
        return self.rows if self.active_rows is None else self.active_rows

    def blocks(self, inputs: int) -> tuple[range, ...]:
        """Give the inputs of each bitline sum of a matrix with so many: groups of rows, array by array."""
        return tuple(
            range(start, min(start + self.rows_at_once, first + self.rows, inputs))
            for first in range(0, inputs, self.rows)
            for start in range(first, min(first + self.rows, inputs), self.rows_at_once)
        )


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFormat:
    """How a weight becomes integer codes and then cells.

    Codes are symmetric, -(2**(bits-1)-1) .. 2**(bits-1)-1, and each is cut into digits, one cell (or pair) a digit.
    """

    bits: Bits = 8
    encoding: Literal["offset", "bias_column", "differential", "sign_split"] = "offset"
    """`offset` adds 2**(bits-1) so that every code is unsigned and takes it off digitally; `bias_column` takes off
    what a column of cells that hold just the offset reads; `differential` stores the magnitude on one of two cells
    whose currents are subtracted before the converter; `sign_split` likewise, but each of the two is converted."""
    digits: Literal["magnitude", "balanced"] = "magnitude"
    """Digits of the magnitude (or of the unsigned code); or digits of either sign, half as large, on pairs."""
    slice_bits: tuple[Bits, ...] = ()
    """Bits of each digit, least significant first; if not given, all have those of the cell."""
    scale: Literal["column", "tensor", "block"] = "column"
    """One scale per output column of the layer, one for the whole matrix, or one per column and block of rows that
    a bitline sums."""
    full_scale: Positive | None = None
    """The weight that takes the top code; if not given, the largest that shares the scale."""
    clip_sigmas: Positive | None = None
    """Weights beyond so many standard deviations of those that share their scale are clipped there."""
    reference: Literal["analog", "digital"] = "analog"
    """Where the current of g_min is taken off: before the converter by an ideal reference, or after it."""

    @property
    def ranged(self) -> bool:
        """Whether full scales are other than the largest weight of each column."""
        return self.scale != "column" or self.full_scale is not None or self.clip_sigmas is not None

    @property
    def polarities(self) -> int:
        """Columns that hold one digit."""
        return 2 if self.encoding in ("differential", "sign_split") else 1

    @property
    def conversions(self) -> int:
        """Conversions that read one digit."""
        return 2 if self.encoding == "sign_split" else 1

    def slices(self, cell_bits: int) -> tuple[int, ...]:
        """Give the bits of each digit of a weight on cells of `cell_bits`, least significant first."""
        if self.slice_bits:
            return self.slice_bits
        signed = self.polarities == 2 and self.digits == "magnitude"
        needed = max(1, self.bits - 1) if signed else self.bits
        return (cell_bits,) * -(-needed // cell_bits)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class InputFormat:
    """How an input vector becomes integer codes and then pulses on the wordlines."""

    bits: Bits = 8
    bits_per_pulse: Bits = 1
    """Of the levels that a driver can make (a DAC), or of the durations of a time-coded pulse."""
    signed: Literal["twos_complement", "offset", "sign_split", "bipolar", "unsigned"] = "twos_complement"
    """Negative codes: the last pulse counts negative (one-bit pulses); a constant is added and its product taken
    off; positive and negative parts go in two passes; drivers of both polarities carry the sign; or there are none
    and all bits are magnitude."""
    offset_product: Literal["digital", "measured"] = "digital"
    """What is taken off for the constant of `offset`: its product with the ideal codes, or what the array itself
    makes of it, as a row of reference inputs."""
    coding: Literal["voltage", "time", "count"] = "voltage"
    """What carries a digit of several bits: the height of a pulse, its length (2**bits_per_pulse - 1 units), or how
    many short ones follow each other (as many at most)."""
    range: Literal["dynamic", "static", "row"] = "dynamic"
    """Full scale: the largest magnitude of each vector; one value per layer found by calibration; or one per
    input row, folded into the weights when they are programmed."""
    statistic: Literal["max", "percentile", "mse"] = "max"
    """What calibration makes of the magnitudes seen: the largest, a percentile, or the range of least error."""
    percentile: Percent = 99.99
    rescale_fraction: Fraction = 0.0
    """Share of the spread between input rows that calibration moves into the weights (dividing each input by
    max|x|**share / max|w|**(1 - share) of its row): eases outliers without training. 0 leaves inputs alone."""

    @property
    def pulses(self) -> int:
        """Pulses that carry one input value in one pass."""
        magnitude = self.bits - 1 if self.signed in ("sign_split", "bipolar") else self.bits
        return max(1, -(-magnitude // self.bits_per_pulse))

    @property
    def passes(self) -> int:
        """Times the pulses are sent: twice when the signs are split."""
        return 2 if self.signed == "sign_split" else 1

    @property
    def units(self) -> int:
        """Read times that one pulse takes: the longest, or the most short ones, where those carry the digit."""
        return 1 if self.coding == "voltage" else (1 << self.bits_per_pulse) - 1

    @property
    def top_code(self) -> int:
        """The largest code; one-bit codes are -1, 0 and 1."""
        return max(1, (1 << (self.bits if self.signed == "unsigned" else self.bits - 1)) - 1)


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
