"""Weights that come and go: keep as many whole layers as fit, write the others anew in every step.

Steps visit layers in a fixed order, so keeping the same ones always saves as much writing as any exchange
could. One operator is written at a time, into a room as large as the largest one.
"""

from __future__ import annotations

from dataclasses import replace

from bitline.mapping.capacity import room_too_small
from bitline.mapping.plan import Holding
from bitline.operators import Workload


def reloaded(
    holdings: dict[tuple[str, str], Holding], units: int, workload: Workload, engine: str
) -> tuple[dict[tuple[str, str], Holding], int]:
    """Give the holdings with the layers that stay, and the units of the room."""
    largest = max(holdings.values(), key=lambda h: h.units)
    if largest.units > units:
        raise room_too_small(workload, engine, units, largest)
    free = units - largest.units
    stay: dict[str, int] = {}
    for block in dict.fromkeys(h.block for h in holdings.values()):
        mine = [h for h in holdings.values() if h.block == block]
        layers = max(h.layers for h in mine)
        per_layer = sum(h.units for h in mine if h.layers)
        stay[block] = min(layers, free // per_layer) if per_layer else layers
        free -= stay[block] * per_layer
    kept = {key: replace(h, resident_layers=min(h.layers, stay[h.block])) for key, h in holdings.items()}
    return kept, largest.units
