"""Bits that an operator moves through the chip's memories, as uses of the parts that stand for them."""

from __future__ import annotations

from bitline.costs.memory import memory_part
from bitline.errors import not_one_of
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Part, Use
from bitline.operators import Size


def traffic(*moved: tuple[str | None, Size], efficiency: float = 1.0) -> dict[str, Use]:
    """Add up bits by memory, those of no memory left out; `efficiency` is the share of its bandwidth reached."""
    bits: dict[str, Size] = {}
    for memory, count in moved:
        if memory is not None:
            bits[memory] = bits[memory] + count if memory in bits else count
    if efficiency == 1.0:
        return {f"memory.{name}": Use(total=count, serial=count) for name, count in bits.items()}
    return {f"memory.{name}": Use(total=count, serial=count / efficiency) for name, count in bits.items()}


def memory_parts(chip: Chip, *names: str | None) -> tuple[Part, ...]:
    """Price the named memories, each once; ConfigError if the chip has no such memory."""
    wanted = dict.fromkeys(name for name in names if name is not None)
    for name in wanted:
        if name not in chip.memories:
            raise not_one_of("memory", name, chip.memories, chip.name)
    return tuple(memory_part(name, chip.memories[name], chip.technology) for name in wanted)
