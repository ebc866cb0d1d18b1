"""Draw the pictures of docs/costs: every curve is computed with bitline itself.

Run:    python tools/draw_costs.py [NAME ...] [--into FOLDER]

The same picture comes out to the byte as long as neither bitline nor matplotlib changes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from drawings.asked import draw_asked
from drawings.digital_costs import functions, logic, memories, scaling
from drawings.memory_costs import dram, links
from drawings.style import Panels

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images" / "costs"

DRAWINGS: dict[str, Callable[[Panels], None]] = {
    "technology": scaling,
    "logic": logic,
    "sram": memories,
    "functions": functions,
    "dram": dram,
    "links": links,
}


if __name__ == "__main__":
    draw_asked(DRAWINGS, FOLDER, __doc__)
