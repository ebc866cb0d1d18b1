"""A memory of the description as parts that engines share: one use is one bit moved.

Reading and writing are priced apart and share one bus: the part that stands for writing takes no time of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from bitline.costs import dram, dram_commands, edram, flash, sram
from bitline.errors import missing, not_one_of
from bitline.hardware.chip import Technology
from bitline.hardware.engine import Part
from bitline.hardware.figure import NOTHING, Figure, stated_or
from bitline.hardware.memory import Memory, part_name, within, write_part_name

STATED = "stated in the description"
NOT_COUNTED = Figure(0.0, "outside the chip: not counted", "ideal")
NOT_KNOWN = Figure(0.0, "standing power and refresh not stated: not counted", "ideal")
OFF_CHIP = ("dram", "flash")


def memory_parts(name: str, memory: Memory, technology: Technology) -> tuple[Part, Part]:
    """Price `memory.NAME`, a bit read, and `memory.NAME.write`, a bit written.

    The first carries the time of both directions (at the bandwidth of all `count` together), area and standing
    power; energies, area and power are of one memory.
    """
    rate = bandwidth_bytes_per_s(name, memory, technology)
    reading = Part(
        name=part_name(name),
        energy_j=bit_energy(name, memory, technology, write=False),
        latency_s=Figure(1.0 / (8.0 * rate.typical * memory.count), rate.source, rate.origin),
        instances=memory.count,
        area_m2=_area(memory, technology),
        leakage_w=_leakage(memory, technology),
    )
    writing = Part(
        name=write_part_name(name),
        energy_j=bit_energy(name, memory, technology, write=True),
        latency_s=replace(NOTHING, source=f"on the bus of {reading.name}"),
        instances=memory.count,
    )
    return reading, writing


def bit_energy(name: str, memory: Memory, technology: Technology, *, write: bool) -> Figure:
    """Joule per bit at the level that the memory asks for; one stated direction serves for both.

    ConfigError where a DRAM is not known at that level: a figure of another level is never taken for it.
    """
    stated = (memory.write_energy_per_bit_j, memory.read_energy_per_bit_j)[:: 1 if write else -1]
    value = next((value for value in stated if value is not None), None)
    if value is not None and (memory.kind != "dram" or memory.stated_level in (None, memory.energy_level)):
        return within(Figure(value, f"{STATED}, {memory.energy_level} level", "stated"), memory.energy_envelope)
    if memory.kind == "sram":
        access: Literal["read_j", "write_j"] = "write_j" if write else "read_j"
        return sram.bit_energy(access, memory.capacity_bytes, memory.word_bits, technology)
    if memory.kind == "edram":
        return edram.bit_energy(memory.capacity_bytes, technology)
    if memory.kind == "flash":
        if memory.flash is None:
            raise missing(f"memories.{name}.flash", "pages, planes and channels, or read_energy_per_bit_j")
        return within(flash.bit_energy(memory.flash, write=write), memory.energy_envelope)
    return _dram_energy(name, memory, write=write)


def bandwidth_bytes_per_s(name: str, memory: Memory, technology: Technology) -> Figure:
    """Bytes per second of one memory: stated, of its channels, or a word per access; a bare DRAM must state it."""
    if memory.bandwidth_bytes_per_s is not None:
        return Figure(memory.bandwidth_bytes_per_s, STATED, "stated")
    if memory.flash is not None:
        return flash.bandwidth_bytes_per_s(memory.flash)
    channels = dram_commands.bandwidth_bytes_per_s(memory.dram) if memory.dram else None
    if channels is not None:
        return channels
    if memory.kind in OFF_CHIP:
        raise missing(f"memories.{name}.bandwidth_bytes_per_s", "bytes per second of one such memory")
    sram_time = sram.access_time(memory.capacity_bytes, memory.word_bits, technology)
    access = sram_time if memory.kind == "sram" else edram.access_time(technology)
    return Figure(memory.word_bits / 8 / access.typical, f"a word per access: {access.source}", "assumed")


def _dram_energy(name: str, memory: Memory, *, write: bool) -> Figure:
    """Of a DRAM whose energy is not stated at the level asked for: from its commands, else by its standard."""
    level = memory.energy_level
    commands = dram_commands.bit_energy(memory.dram, level, write=write) if memory.dram else None
    if commands is not None:
        return within(commands, memory.energy_envelope)
    if memory.standard is not None:
        figure = dram.bit_energy(memory.standard, level, f"memories.{name}.standard", write=write)
        other = (
            "" if memory.stated_level in (None, level) else f"; energies stated at {memory.stated_level} level not used"
        )
        return replace(figure, source=figure.source + other)
    if memory.stated_level is not None:
        where = "the description states no energy at that level"
        raise not_one_of(f"memories.{name}.energy_level", level, [memory.stated_level], where)
    raise missing(f"memories.{name}.standard", "the DRAM standard, or read_energy_per_bit_j")


def _area(memory: Memory, technology: Technology) -> Figure:
    if memory.area_m2 is not None or memory.kind in OFF_CHIP:
        return stated_or(memory.area_m2, NOT_COUNTED)
    if memory.kind == "sram":
        return sram.area(memory.capacity_bytes, memory.word_bits, technology)
    return edram.area(memory.capacity_bytes, technology)


def _leakage(memory: Memory, technology: Technology) -> Figure:
    if memory.leakage_w is not None or memory.kind in OFF_CHIP:
        standing = dram_commands.standing_power(memory.dram) if memory.dram else NOT_KNOWN
        return stated_or(memory.leakage_w, standing)
    if memory.kind == "sram":
        return sram.leakage(memory.capacity_bytes, memory.word_bits, technology)
    return edram.leakage(memory.capacity_bytes, technology)
