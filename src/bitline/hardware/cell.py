"""One memory cell: what it stores, how it strays, what reading and writing it take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.hardware.quantity import Bits, Count, Fraction, NonNegative, Positive


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A Gaussian error of the conductance; absent means ideal."""

    sigma_fraction: Fraction
    """Standard deviation as a share of what `of` names."""
    of: Literal["range", "state"] = "range"
    """Share of the full conductance range (g_max - g_min), or of the cell's own conductance."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Programming one cell: `pulses` of `pulse_s`, each followed by `verify_s` of reading back."""

    pulse_s: Positive
    pulses: Positive = 1.0
    """Mean number per cell."""
    verify_s: NonNegative = 0.0
    """Reading back after each pulse."""
    voltage_v: Positive | None = None
    energy_j: Positive | None = None
    """Per cell, all pulses and verification; wins over the model."""
    parallel_cells: Count | None = None
    """Cells written at once in one array; a whole row if not given."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of an array. What is not given is ideal (numerics) or filled by the cost model (costs)."""

    technology: str
    """reram, pcm, sram-8t, ...: any technology that a part in the library names."""
    bits: Bits = 1
    """Stored per cell: 2**bits states, evenly spaced from g_min to g_max."""
    g_max_siemens: Positive | None = None
    on_off_ratio: Positive | None = None
    """g_max / g_min; None is infinite."""
    programming_noise: Spread | None = None
    read_noise: Spread | None = None
    """Fresh at every read."""
    read_voltage_v: Positive | None = None
    read_energy_j: NonNegative | None = None
    """Per cell and array read, averaged over data; wins over the model."""
    capacitance_farad: Positive | None = None
    """Load a cell puts on its bitline and wordline together (charge-domain cells)."""
    area_f2: Positive | None = None
    """In squares of the technology node."""
    write: Write | None = None
    endurance_writes: Positive | None = None
    volatile: bool = False
