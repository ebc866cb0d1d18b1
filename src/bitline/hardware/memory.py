"""Memories beside the engines, and the links between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.hardware.quantity import Count, NonNegative, Positive


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A memory that holds activations, keys and values, or weights that are streamed."""

    kind: Literal["sram", "edram", "dram"]
    capacity_bytes: Positive
    bandwidth_bytes_per_s: Positive | None = None
    word_bits: Count = 256
    read_energy_per_bit_j: NonNegative | None = None
    write_energy_per_bit_j: NonNegative | None = None
    energy_level: Literal["device", "interface", "board"] = "device"
    """Which of the three levels the stated energy counts."""
    standard: str | None = None
    """ddr4, lpddr4, lpddr5, gddr6, hbm2, hbm2e, hbm3: picks the cost model of a DRAM."""
    area_m2: NonNegative | None = None
    leakage_w: NonNegative | None = None
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
    length_m: Positive | None = None
    """Of the wire, for the cost model of on-chip links."""
    latency_s: NonNegative = 0.0
    area_m2: Positive | None = None
