"""The inside of a DRAM: rows, banks and channels, what its commands wait for, and what they draw.

Everything is of one channel of one device; `devices` that work in step and `channels` multiply it, `ranks` what waits.
Symbols are those of the data sheets: the reference lists of JEDEC standards and of simulators use them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.hardware.quantity import Count, Fraction, NonNegative, Positive


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DramTiming:
    """How long commands wait for each other."""

    clock_s: Positive | None = None
    trcd_s: Positive
    """Row opened to column access."""
    trcd_write_s: Positive | None = None
    """The same before a write, where it differs."""
    trp_s: Positive
    """Row closed to the next one opened."""
    tras_s: Positive
    """Row opened to row closed."""
    burst_s: Positive | None = None
    """Data of one column access on the bus."""
    tccd_short_s: Positive | None = None
    """Between column accesses in different bank groups."""
    tccd_long_s: Positive | None = None
    """Between column accesses in one bank group."""
    trrd_short_s: Positive | None = None
    """Between rows opened in different bank groups."""
    trrd_long_s: Positive | None = None
    """Between rows opened in one bank group."""
    tfaw_s: Positive | None = None
    """Window in which at most four rows are opened."""
    trefi_s: Positive | None = None
    """Between refresh commands."""
    trfc_s: Positive | None = None
    """A refresh command of all banks."""
    trfc_bank_s: Positive | None = None
    """A refresh command of one bank."""
    tcl_s: Positive | None = None
    """Read command to its data."""
    tcwl_s: Positive | None = None
    """Write command to its data."""
    twr_s: Positive | None = None
    """Data written to row closed."""
    trtp_s: Positive | None = None
    """Read command to row closed, in one bank group."""
    twtr_short_s: Positive | None = None
    """Data written to a read in another bank group."""
    twtr_long_s: Positive | None = None
    """Data written to a read in the same bank group."""

    @property
    def trc_s(self) -> float:
        """Row opened to the next row of that bank opened."""
        return self.tras_s + self.trp_s


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DramCurrents:
    """Supply currents of a data sheet: of the core, without pins and termination."""

    supply_v: Positive
    idd0_a: Positive
    """Rows opened and closed without pause."""
    idd2n_a: Positive
    """Standing by, all rows closed."""
    idd3n_a: Positive
    """Standing by, rows open."""
    idd4r_a: Positive
    """Reading without pause."""
    idd4w_a: Positive
    """Writing without pause."""
    idd5_a: Positive | None = None
    """Refreshing all banks."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DramEnergy:
    """What commands draw, where it is known as such rather than as currents; wins over currents."""

    activation_j: NonNegative | None = None
    """One row opened and closed."""
    read_per_bit_j: NonNegative | None = None
    """Column access and the way to the pins, from an open row."""
    write_per_bit_j: NonNegative | None = None
    """The same into an open row."""
    io_per_bit_j: NonNegative | None = None
    """Pins of the device; through-silicon vias and interposer of a stack."""
    host_per_bit_j: NonNegative | None = None
    """Pins on the other side, with their circuits."""
    refresh_j: NonNegative | None = None
    """One refresh command of all banks."""
    standby_w: NonNegative | None = None
    """Rows open, nothing moving."""
    idle_w: NonNegative | None = None
    """All rows closed."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Dram:
    """How one memory is organised and what its commands take."""

    row_bytes: Positive
    """Of one bank: what one activation opens."""
    burst_bytes: Positive
    """Of one column access."""
    bank_groups: Count = 1
    banks_per_group: Count
    rows: Count | None = None
    """Of one bank."""
    devices: Count = 1
    """Working in step on one channel."""
    ranks: Count = 1
    """That share a channel in turn; each stands by and is refreshed."""
    channels: Count = 1
    """Each with banks and a bus of its own."""
    row_hit_fraction: Fraction | None = None
    """Share of column accesses that find their row open; nothing: every row is opened once and used whole."""
    timing: DramTiming | None = None
    currents: DramCurrents | None = None
    energy: DramEnergy | None = None
