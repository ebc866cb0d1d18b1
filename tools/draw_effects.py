"""Draw the pictures of docs/effects: every curve is computed with bitline itself, with fixed seeds.

Run:    python tools/draw_effects.py [NAME ...] [--into FOLDER]

The same picture comes out to the byte as long as neither bitline nor matplotlib changes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from drawings.aging import drift, programming, read_noise
from drawings.asked import draw_asked
from drawings.cells import faults, write_verify
from drawings.circuits import storage, wires
from drawings.converting import converters, correction
from drawings.formats import inputs, weights
from drawings.models import activity, sensitivity
from drawings.planning import plans
from drawings.style import Panels

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


if __name__ == "__main__":
    draw_asked(DRAWINGS, FOLDER, __doc__)
