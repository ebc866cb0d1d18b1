"""The inside of a NAND flash: pages, planes, dies and channels, and what reading and writing a page takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.hardware.quantity import Count, NonNegative, Positive, Whole


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """How one memory is organised, and its operations on pages and blocks."""

    page_bytes: Positive
    """Data of one page of one plane."""
    spare_bytes: Whole = 0
    """Of a page, beside its data; read and written with it."""
    pages_per_block: Count | None = None
    """A block is what is erased at once."""
    planes: Count = 1
    """Of one die: pages that are read or written together."""
    dies: Count = 1
    """On one channel, all its chips together."""
    channels: Count = 1
    channel_bytes_per_s: Positive
    """Of one channel."""
    read_s: Positive
    """Page to register (tR)."""
    program_s: Positive | None = None
    erase_s: Positive | None = None
    """Of a block."""
    supply_v: Positive | None = None
    read_a: Positive | None = None
    """Supply current of a die that reads; the next two likewise."""
    program_a: Positive | None = None
    erase_a: Positive | None = None
    io_per_bit_j: NonNegative | None = None
    """On the channel."""
    endurance_writes: Positive | None = None
    """Erasures that a block survives."""
