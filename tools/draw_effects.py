"""Draw the pictures of docs/effects: every curve is computed with bitline itself, with fixed seeds.

Run:    python tools/draw_effects.py [NAME ...] [--into FOLDER]

The same picture comes out to the byte as long as neither bitline nor matplotlib changes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from drawings.aging import drift, programming, read_noise
from drawings.cells import faults, write_verify
from drawings.circuits import storage, wires
from drawings.converting import converters, correction
from drawings.formats import inputs, weights
from drawings.models import activity, sensitivity
from drawings.planning import plans
from drawings.style import Panels, draw

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images" / "effects"

DRAWINGS: dict[str, Callable[[Panels], None]] = {
    "programming": programming,
    "drift": drift,
    "read-noise": read_noise,
    "faults": faults,
    "write-verify": write_verify,
    "weights": weights,
    "inputs": inputs,
    "converters": converters,
    "correction": correction,
    "wires": wires,
    "storage": storage,
    "plans": plans,
    "activity": activity,
    "sensitivity": sensitivity,
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
