"""Area of SRAM cells in squares of the node, by node and by transistors.

Six transistors: NeuroSim V1.5 [stated], 10 x 28 squares down to 22 nm and more below, where fins and rules no longer
shrink with the name of the node; low: 146 squares (NVSim [stated]), which foundries came close to above 22 nm
[recalled]. More transistors take area in proportion [assumption]; the one shared with a capacitor lies below it.
"""

from __future__ import annotations

import re

import numpy as np

from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

NODES_NM = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 22.0)
SQUARES = (80 * 144.0, 42 * 120.0, 30 * 68.3, 19.2 * 43.75, 16 * 34.4, 12.8 * 31.25, 10.6 * 30.8, 10 * 28.0)
LOWEST = 146.0 / 280.0
"""NVSim's cell over NeuroSim's."""
TRANSISTORS = 6


def transistors(technology: str) -> int:
    """Count those of a cell by its name (`sram-8t1c` has 8); six if it does not say."""
    told = re.search(r"(\d+)t", technology.lower())
    return int(told.group(1)) if told else TRANSISTORS


def sram_cell_f2(name: str, technology: Technology) -> Figure:
    """Squares of the node that a cell of this name takes."""
    six = np.exp(np.interp(np.log(technology.node_nm), np.log(NODES_NM), np.log(SQUARES)))
    whole = six * (transistors(name) / TRANSISTORS)
    source = "six transistors of NeuroSim, low: NVSim [stated]; more in proportion [assumption]"
    return Figure(whole, source, "modelled", LOWEST * whole, 1.5 * whole)
