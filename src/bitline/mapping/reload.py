"""Weights that come and go: keep as many whole layers as fit, write the others anew in every step.

Steps visit layers in a fixed order, so keeping the same ones always saves as much writing as any exchange
could. One operator is written at a time, into a room as large as the largest one that is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bitline.mapping.capacity import room_too_small
from bitline.mapping.plan import Holding
from bitline.operators import Workload

Holds = dict[tuple[str, str], Holding]


def reloaded(holdings: Holds, units: int, workload: Workload, engine: str) -> tuple[Holds, int]:
    """Give the holdings with the layers that stay, and the units of the room."""
    largest = max(holdings.values(), key=lambda h: h.units)
    if largest.units > units:
        raise room_too_small(workload, engine, units, largest)
    kept = _kept(holdings, units - largest.units)
    room = _written(kept)
    # Where the largest operator stays, a smaller room does, which may let more layers stay.
    closer = _kept(holdings, units - room)
    return (closer, room) if _written(closer) <= room else (kept, room)


def _kept(holdings: Holds, free: int) -> Holds:
    """Let layers stay, block by block, in what is free."""
    stay: dict[str, int] = {}
    for block in dict.fromkeys(h.block for h in holdings.values()):
        mine = [h for h in holdings.values() if h.block == block]
        layers = max(h.layers for h in mine)
        per_layer = sum(h.units for h in mine if h.layers)
        stay[block] = min(layers, free // per_layer) if per_layer else layers
        free -= stay[block] * per_layer
    kept = {key: replace(h, resident_layers=min(h.layers, stay[h.block])) for key, h in holdings.items()}
    # What shares its weights with something that never stays is written anew as well.
    away = {key: h.layers for key, h in kept.items() if h.layers and not h.resident_layers}
    return {key: replace(h, layers=away[h.home]) if h.home in away else h for key, h in kept.items()}


def _written(holdings: Mapping[tuple[str, str], Holding]) -> int:
    """Units of the largest operator that does not stay in all layers."""
    return max((h.units for h in holdings.values() if h.resident_layers < h.layers), default=0)
