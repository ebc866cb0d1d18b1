"""Memories beside the engines, and the links between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, final

from bitline.hardware.dram import Dram
from bitline.hardware.figure import Figure
from bitline.hardware.flash import Flash
from bitline.hardware.quantity import Count, NonNegative, Positive

Level = Literal["device", "interface", "board"]
"""The memory alone, its own pins included where the source counts them; with the pins on the other side; or what is
measured at the board, controllers included. Figures of different levels are never compared or mixed in silence."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What other sources say, over the value that the description gives."""

    low: Positive
    high: Positive


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A memory that holds activations, keys and values, or weights that are streamed."""

    kind: Literal["sram", "edram", "dram", "flash"]
    capacity_bytes: Positive
    bandwidth_bytes_per_s: Positive | None = None
    word_bits: Count = 256
    read_energy_per_bit_j: NonNegative | None = None
    write_energy_per_bit_j: NonNegative | None = None
    """Each serves for both directions where the other is not given."""
    energy_envelope: Envelope | None = None
    """Of the energies of this description."""
    stated_level: Level | None = None
    """Which level the stated energies count; that of `energy_level` if not given."""
    energy_level: Level = "device"
    """At which level energy is asked for: device, interface (pins on both sides too) or board."""
    standard: str | None = None
    """ddr4, ddr5, lpddr4, lpddr5, gddr6, hbm2, hbm2e, hbm3, ...: picks the cost model of a DRAM."""
    dram: Dram | None = None
    """Rows, banks, timing and commands, of a DRAM."""
    flash: Flash | None = None
    """Pages, planes and channels, of a flash."""
    area_m2: NonNegative | None = None
    leakage_w: NonNegative | None = None
    """Drawn all the time; refresh included."""
    latency_s: NonNegative | None = None
    count: Count = 1
    """Equal memories side by side; capacity and bandwidth are of one."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A wire bundle between places of the description: engines, memories, or the outside (`host`)."""

    between: tuple[str, str]
    kind: Literal["on_chip", "on_package", "off_chip"] = "on_chip"
    bandwidth_bytes_per_s: Positive | None = None
    energy_per_bit_j: Positive | None = None
    """Over the whole way, all hops included."""
    energy_envelope: Envelope | None = None
    """Of the stated energy."""
    hops: Positive = 1
    """Routers passed on the way, in the mean; each with a wire of `length_m`: for the cost model of on-chip links."""
    length_m: Positive | None = None
    """Of the wire of one hop, for the cost model of on-chip links."""
    latency_s: NonNegative = 0.0
    area_m2: Positive | None = None


def part_name(memory: str) -> str:
    """Name the part that stands for reading a memory, for its bus, area and standing power."""
    return f"memory.{memory}"


def write_part_name(memory: str) -> str:
    """Name the part that stands for what writing a memory draws."""
    return f"memory.{memory}.write"


def within(figure: Figure, envelope: Envelope | None) -> Figure:
    """Let what other sources say be the ends of a figure, if the description tells."""
    if envelope is None:
        return figure
    return replace(figure, low=figure.typical * envelope.low, high=figure.typical * envelope.high)
