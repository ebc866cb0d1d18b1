"""Blocks in the order they come, as a compiler without a solver would: side by side, region after region."""

from __future__ import annotations

from collections.abc import Iterable

from bitline.mapping.packing.block import Block, Floor, refuse_wrong
from bitline.mapping.packing.spot import Spot, faults


def in_order(blocks: Iterable[Block], floor: Floor) -> tuple[tuple[Spot, ...], ...]:
    """Lay each block beside the last one of the first region with room; one that has none begins a new load.

    Gives the loads one after another. A block takes the lowest bias rows that blocks in its columns leave.
    """
    blocks = tuple(blocks)
    refuse_wrong(blocks, floor)
    loads: list[list[Spot]] = [[]]
    for block in blocks:
        spot = _beside(block, loads[-1], floor)
        if spot is None:
            loads.append([])
            spot = _beside(block, [], floor)
        if spot is not None:
            loads[-1].append(spot)
    return tuple(map(tuple, loads))


def _beside(block: Block, load: list[Spot], floor: Floor) -> Spot | None:
    for region, rows in enumerate(floor.regions):
        column = max((spot.end_column for spot in load if spot.region == region), default=0)
        for bias_row in range(floor.bias_rows - block.bias_rows + 1):
            spot = Spot(block=block, column=column, region=region, row=0, bias_row=bias_row)
            if block.rows <= rows and not any(faults((*load, spot), floor)):
                return spot
    return None
