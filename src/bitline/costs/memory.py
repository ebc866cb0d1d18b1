"""A memory of the description as a part that engines share: one use is one bit moved."""

from __future__ import annotations

from typing import Literal

from bitline.costs import dram, edram, sram
from bitline.costs.technology import joined
from bitline.errors import missing
from bitline.hardware.chip import Technology
from bitline.hardware.engine import Part
from bitline.hardware.figure import Figure, stated_or
from bitline.hardware.memory import Memory

STATED = "stated in the description"
NOT_COUNTED = Figure(0.0, "outside the chip: not counted", "ideal")


def memory_part(name: str, memory: Memory, technology: Technology) -> Part:
    """Price `memory.NAME`: latency of one bit at the bandwidth of all `count` together, the rest of one memory.

    One energy serves both directions: reading for DRAM, where streams of weights prevail; else the mean.
    """
    read, write = bit_energy(name, memory, technology, write=False), bit_energy(name, memory, technology, write=True)
    both = joined(f"mean of reading ({read.source}) and writing ({write.source})", read.times(0.5), write.times(0.5))
    rate = bandwidth_bytes_per_s(name, memory, technology)
    return Part(
        name=f"memory.{name}",
        energy_j=read if memory.kind == "dram" or read == write else both,
        latency_s=Figure(1.0 / (8.0 * rate.typical * memory.count), rate.source, rate.origin),
        instances=memory.count,
        area_m2=_area(memory, technology),
        leakage_w=_leakage(memory, technology),
    )


def bit_energy(name: str, memory: Memory, technology: Technology, *, write: bool) -> Figure:
    """Joule per bit; one stated direction serves for both."""
    stated = (memory.write_energy_per_bit_j, memory.read_energy_per_bit_j)[:: 1 if write else -1]
    for value in stated:
        if value is not None:
            return Figure(value, f"{STATED}, {memory.energy_level} level", "stated")
    if memory.kind == "sram":
        access: Literal["read_j", "write_j"] = "write_j" if write else "read_j"
        return sram.bit_energy(access, memory.capacity_bytes, memory.word_bits, technology)
    if memory.kind == "edram":
        return edram.bit_energy(memory.capacity_bytes, technology)
    if memory.standard is None:
        raise missing(f"memories.{name}.standard", "the DRAM standard, or read_energy_per_bit_j")
    return dram.bit_energy(memory.standard, memory.energy_level, f"memories.{name}.standard")


def bandwidth_bytes_per_s(name: str, memory: Memory, technology: Technology) -> Figure:
    """Bytes per second of one memory: stated, or a word per access; a DRAM must state it."""
    if memory.bandwidth_bytes_per_s is not None:
        return Figure(memory.bandwidth_bytes_per_s, STATED, "stated")
    if memory.kind == "dram":
        raise missing(f"memories.{name}.bandwidth_bytes_per_s", "bytes per second of one such memory")
    sram_time = sram.access_time(memory.capacity_bytes, memory.word_bits, technology)
    access = sram_time if memory.kind == "sram" else edram.access_time(technology)
    return Figure(memory.word_bits / 8 / access.typical, f"a word per access: {access.source}", "assumed")


def _area(memory: Memory, technology: Technology) -> Figure:
    if memory.area_m2 is not None or memory.kind == "dram":
        return stated_or(memory.area_m2, NOT_COUNTED)
    if memory.kind == "sram":
        return sram.area(memory.capacity_bytes, memory.word_bits, technology)
    return edram.area(memory.capacity_bytes, technology)


def _leakage(memory: Memory, technology: Technology) -> Figure:
    if memory.leakage_w is not None or memory.kind == "dram":
        return stated_or(memory.leakage_w, Figure(0.0, "standing power and refresh not stated: not counted", "ideal"))
    if memory.kind == "sram":
        return sram.leakage(memory.capacity_bytes, memory.word_bits, technology)
    return edram.leakage(memory.capacity_bytes)
