"""What each memory has to hold: weights and tables that are streamed, keys and values of all requests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import final

from bitline.errors import not_one_of
from bitline.hardware.chip import Chip
from bitline.mapping.capacity import memory_too_small
from bitline.mapping.devices.stages import Stages
from bitline.mapping.identity import Same
from bitline.mapping.keeping import keeps_cache
from bitline.mapping.placement import engine_for
from bitline.mapping.plan import Holdings
from bitline.mapping.width import cache_bits
from bitline.operators import Gather, MatMul, Workload

KNOWN_STEPS = 64
LATENT = "kv_down"
"""Role of the product that makes rows which all heads share."""


@final
@dataclass(frozen=True, slots=True)
class CacheHome:
    """Where keys and values stay between steps."""

    memory: str | None
    """None: on the units of the engine that uses them, or nowhere that the description names."""
    bits: float
    """Of one value."""
    devices: float = 1
    """That share the keys and values of one layer."""


def cache_home(workload: Workload, chip: Chip) -> CacheHome | None:
    """Find where keys and values stay; None for a model without any.

    The memory that feeds the engine of the products, or else that of the engine which writes keys and values.
    """
    return _cache_home(Same(workload), Same(chip))


@lru_cache(maxsize=KNOWN_STEPS)
def _cache_home(step: Same[Workload], described: Same[Chip]) -> CacheHome | None:
    workload, chip = step.value, described.value
    operators = [operator for block in workload.blocks for operator in block.operators]
    readers = [o for o in operators if isinstance(o, MatMul) and o.stationary == "cache"]
    writers = [o for o in operators if isinstance(o, Gather) and o.role == "kv_write"]
    if not readers:
        return None
    reader = chip.engines[engine_for(readers[0], chip)]
    homes = [reader.memory, *(chip.engines[engine_for(writer, chip)].memory for writer in writers[:1])]
    named = None if keeps_cache(reader) else next((home for home in homes if home), None)
    # Rows from which keys and values of all heads are made again are kept by every device.
    heads = 1 if any(o.role == LATENT for o in operators) else min(reader.per_request for reader in readers)
    dealt = min(chip.devices.tensor, heads)
    return CacheHome(named, cache_bits(reader), chip.devices.expert * heads / -(-heads // dealt))


def stored_bytes(holdings: Holdings, chip: Chip, home: CacheHome | None, cache_values: float) -> dict[str, float]:
    """Add up the bytes in each memory, of one device of every stage; raises CapacityError where they are too many."""
    held = {
        memory: sum(bits * values for bits, values in by_bits.items()) / 8
        for memory, by_bits in holdings.memory_values.items()
    }
    cache_bytes = cache_values * home.bits / (8 * home.devices) if home else 0.0
    if home and home.memory and cache_bytes:
        held[home.memory] = held.get(home.memory, 0.0) + cache_bytes
    for memory, needed_bytes in held.items():
        if memory not in chip.memories:
            raise not_one_of("memory", memory, chip.memories, chip.name)
        there_bytes = room_bytes(memory, chip, holdings)
        if needed_bytes > there_bytes:
            own = cache_bytes if home and home.memory == memory else 0.0
            raise memory_too_small(chip, memory, room_bytes=there_bytes, needed_bytes=needed_bytes, cache_bytes=own)
    return held


def room_bytes(memory: str, chip: Chip, holdings: Holdings) -> float:
    """Give the room of a memory, of one device of every stage: as much as stages hold until one of them is full."""
    described, stages = chip.memories[memory], holdings.stages.get(memory, Stages())
    return stages.room_bytes(described.capacity_bytes * described.count, chip.devices.pipeline)
