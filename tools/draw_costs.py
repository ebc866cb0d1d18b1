"""Draw the pictures of docs/costs: every curve is computed with bitline itself.

Run:    python tools/draw_costs.py [NAME ...] [--into FOLDER]

The same picture comes out to the byte as long as neither bitline nor matplotlib changes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from drawings.digital_costs import functions, logic, memories, scaling
from drawings.memory_costs import dram, links
from drawings.style import Panels, draw

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images" / "costs"

DRAWINGS: dict[str, Callable[[Panels], None]] = {
    "technology": scaling,
    "logic": logic,
    "sram": memories,
    "functions": functions,
    "dram": dram,
    "links": links,
}


def main() -> None:
    """Draw those asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(DRAWINGS)}; all if none is given")
    parser.add_argument("--into", type=Path, default=FOLDER)
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in DRAWINGS]
    if unknown:
        parser.error(f"no picture is called {unknown[0]!r}. Allowed: {', '.join(DRAWINGS)}.")
    asked.into.mkdir(parents=True, exist_ok=True)
    for name in asked.names or DRAWINGS:
        print(draw(DRAWINGS[name], asked.into / f"{name}.svg"), flush=True)


if __name__ == "__main__":
    main()
