"""Bits that an operator moves through the chip's memories, as uses of the parts that stand for them."""

from __future__ import annotations

from collections.abc import Iterable

from bitline.costs import memory as costs
from bitline.errors import not_one_of
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Part, Use
from bitline.hardware.memory import part_name, write_part_name
from bitline.operators import Size

Moved = tuple[str | None, Size]
"""A memory, or none, and the bits read from it or written to it."""


def traffic(*read: Moved, written: Iterable[Moved] = (), efficiency: Size = 1.0) -> dict[str, Use]:
    """Add up bits by memory, those of no memory left out; `efficiency` is the share of its bandwidth reached.

    What is written takes its time on the bus of the memory, and its energy as a part of its own.
    """
    reads, writes = _by_memory(read), _by_memory(written)
    uses = {}
    for name, bits in reads.items():
        crossing = bits + writes[name] if name in writes else bits
        uses[part_name(name)] = Use(bits, _at(crossing, efficiency))
    for name, bits in writes.items():
        if name not in reads:
            uses[part_name(name)] = Use(0.0, _at(bits, efficiency))
        uses[write_part_name(name)] = Use(bits)
    return uses


def _at(bits: Size, efficiency: Size) -> Size:
    return bits if isinstance(efficiency, float) and efficiency == 1.0 else bits / efficiency


def memory_parts(chip: Chip, *names: str | None) -> tuple[Part, ...]:
    """Price the named memories, each once; ConfigError if the chip has no such memory."""
    wanted = dict.fromkeys(name for name in names if name is not None)
    for name in wanted:
        if name not in chip.memories:
            raise not_one_of("memory", name, chip.memories, chip.name)
    return tuple(part for name in wanted for part in costs.memory_parts(name, chip.memories[name], chip.technology))


def _by_memory(moved: Iterable[Moved]) -> dict[str, Size]:
    bits: dict[str, Size] = {}
    for memory, count in moved:
        if memory is not None:
            bits[memory] = bits[memory] + count if memory in bits else count
    return bits
