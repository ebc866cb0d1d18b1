"""Several matrices on one array: whether they fit, how full it gets, how many loads a plain order takes.

The engine's array gives columns and rows; where it drives fewer rows than it has, its regions are of so many.
"""

from __future__ import annotations

from functools import lru_cache

from bitline.engines.crossbar import Crossbar
from bitline.errors import BitlineError, wrong_type
from bitline.hardware import Chip
from bitline.mapping.packing import Block, Floor, Packing, cells_used, in_order, pack
from bitline.systems.blocks import BlockList, load_blocks


def loads_if_packed(*, chip: Chip, engine: str, blocks: str, reserved_columns: int = 0) -> float:
    """One if all blocks fit the array at once; else the loads that blocks in their order take. Proven either way."""
    held = load_blocks(blocks)
    floor = _floor(chip, engine, held, reserved_columns)
    return 1.0 if _packed(held.blocks, floor).fits else float(len(in_order(held.blocks, floor)))


def fewest_columns(*, chip: Chip, engine: str, blocks: str, reserved_columns: int = 0) -> float:
    """Columns of the narrowest arrangement, or what any arrangement needs at least if none fits."""
    held = load_blocks(blocks)
    return float(_packed(held.blocks, _floor(chip, engine, held, reserved_columns)).fewest_columns)


def packed_fraction(*, chip: Chip, engine: str, blocks: str) -> float:
    """Share of the array's cells, bias rows included, that all blocks take together; 0 if they do not fit."""
    held = load_blocks(blocks)
    return _packed(held.blocks, _floor(chip, engine, held)).used_fraction


def loads_in_order(*, chip: Chip, engine: str, blocks: str) -> float:
    """Count the times that the array is filled if blocks are laid side by side in their order."""
    held = load_blocks(blocks)
    return float(len(in_order(held.blocks, _floor(chip, engine, held))))


def fullest_load_fraction(*, chip: Chip, engine: str, blocks: str) -> float:
    """Share of the array's cells, bias rows included, in the fullest of those loads."""
    held = load_blocks(blocks)
    floor = _floor(chip, engine, held)
    return max(cells_used(load) for load in in_order(held.blocks, floor)) / floor.cells


def cells_written(*, blocks: str) -> float:
    """Cells of all blocks, bias rows included."""
    return float(sum(block.cells for block in load_blocks(blocks).blocks))


def passes_saved(*, points: int, outputs: int) -> float:
    """Divide the passes for so many output points of a convolution one by one by those with several points each."""
    return outputs / -(-outputs // points)


@lru_cache(maxsize=16)
def _packed(blocks: tuple[Block, ...], floor: Floor) -> Packing:
    found = pack(blocks, floor)
    if found.verdict in ("unknown", "fits"):
        raise BitlineError(f"{len(blocks)} blocks: {found.steps:,} steps did not settle how they are packed.")
    return found


def _floor(chip: Chip, engine: str, held: BlockList, reserved_columns: int = 0) -> Floor:
    found = chip.engines.get(engine)
    if not isinstance(found, Crossbar):
        raise wrong_type("engine", engine, "the name of a crossbar engine", chip.name)
    array = found.array
    regions = tuple(min(array.rows_at_once, array.rows - first) for first in range(0, array.rows, array.rows_at_once))
    return Floor(columns=array.columns - reserved_columns, regions=regions, bias_rows=held.bias_rows)
