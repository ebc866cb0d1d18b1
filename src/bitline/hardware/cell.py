"""One memory cell: what it stores, how it strays and ages, what reading and writing it take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.hardware.drift import Drift, Temperature
from bitline.hardware.faults import Faults
from bitline.hardware.law import Course, Law
from bitline.hardware.quantity import Bits, Count, Fraction, NonNegative, Positive
from bitline.hardware.table import DeviceTable


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Flicker:
    """1/f noise: the deviation grows with age as sqrt(ln((t + since + read) / (2 read)))."""

    read_s: Positive
    """How long one read takes."""
    since_s: NonNegative = 0.0
    """Time from programming to age 0."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """An error of the conductance, Gaussian unless its tails are cut; absent means ideal.

    Its standard deviation is given in one of four ways: one share, a law, a law that changes with age, one per state.
    Conductances are never negative.
    """

    sigma_fraction: Fraction = 0.0
    """Standard deviation as a share of what `of` names."""
    of: Literal["range", "state"] = "range"
    """Share of the full conductance range (g_max - g_min), or of the cell's own conductance."""
    law: Law | None = None
    """Standard deviation against conductance. A value of 1 is what `of` names, unless the law says more."""
    course: Course | None = None
    """Such a law that changes with age. The cell keeps its place in the distribution."""
    states_fraction: tuple[NonNegative, ...] = ()
    """Standard deviation of each state, lowest first, as a share of what `of` names; evenly spaced, straight lines
    between."""
    within_sigmas: Positive | None = None
    """No error is larger than so many standard deviations."""
    tails: Literal["clipped", "redrawn"] = "clipped"
    """Errors beyond that become as large as allowed, or are drawn again."""
    law_of: Literal["present", "programmed"] = "present"
    """Of read noise: the conductance that law, course and states are functions of, now or before any drift."""
    flicker: Flicker | None = None
    """Of read noise: how it grows with age."""
    replays: Count | None = None
    """Of read noise: reads are replayed from so many stored ones; 1 is one frozen error. Absent: fresh each time."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Programming one cell: `pulses` of `pulse_s`, each followed by `verify_s` of reading back.

    With a tolerance, programming noise is that of one pulse, and pulses are repeated until the cell reads within the
    tolerance of its target.
    """

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
    tolerance_fraction: Positive | None = None
    """Accepted distance from the target, as a share of the range (g_max - g_min)."""
    most_pulses: Count | None = None
    """After so many the cell is left as it is; any number if not given."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDisturb:
    """What reading does to what is stored: after `reads` reads it has moved by `shift_fraction` of the range."""

    reads: Count
    shift_fraction: Fraction
    towards: Literal["on", "off"] = "on"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of an array. What is not given is ideal (numerics) or filled by the cost model (costs).

    What happens to a cell, in this order: programming, drift, heat, faults, reading.
    """

    technology: str
    """reram, pcm, sram-8t, ...: any technology that a part in the library names."""
    bits: Bits = 1
    """Stored per cell: 2**bits states, evenly spaced from g_min to g_max."""
    summation: Literal["current", "charge", "resistance"] = "current"
    """What adds up on a bitline. Levels are evenly spaced in it: conductances, capacitors, or resistances (then
    on_off_ratio is the largest over the smallest resistance, and level 0 the smallest)."""
    g_max_siemens: Positive | None = None
    on_off_ratio: Positive | None = None
    """g_max / g_min; None is infinite."""
    programming_noise: Spread | None = None
    drift: Drift | None = None
    temperature: Temperature | None = None
    """Absent: the same at any temperature."""
    faults: Faults | None = None
    table: DeviceTable | None = None
    """A measured cell instead of programming noise and drift."""
    read_noise: Spread | None = None
    """Fresh at every read, unless replayed."""
    read_disturb: ReadDisturb | None = None
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
