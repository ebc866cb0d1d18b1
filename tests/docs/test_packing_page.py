"""The arrangement that the page on packing prints is sound, whole and as narrow as it says."""

from __future__ import annotations

import re
from pathlib import Path

from bitline.mapping.packing import Floor, Spot, faults
from bitline.systems.blocks import load_blocks

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\w+) \| \d+ \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
FLOOR = Floor(columns=1024, regions=(896, 896), bias_rows=16)


def test_the_printed_arrangement_is_sound():
    blocks = {block.name: block for block in load_blocks("wtm2101/nine-blocks").blocks}
    spots = []
    for name, column, row, bias_row in ROW.findall((ROOT / "docs" / "packing.md").read_text()):
        region, first = divmod(int(row), 896)
        spots.append(Spot(block=blocks[name], column=int(column), region=region, row=first, bias_row=int(bias_row)))
    assert sorted(spot.block.name for spot in spots) == sorted(blocks)
    assert list(faults(spots, FLOOR)) == []
    assert max(spot.end_column for spot in spots) == 940
