"""Wordlines and bitlines of an array: their capacitance, and what charging them takes.

A line is as long as the cells it crosses, 0.2 fF/um (hwcomponents [stated]), and every cell hangs a transistor on
it: 0.35 fF at 28 nm, half a NAND2 input (ZigZag [stated]), going with the node. Between them the tools of the field
differ by a factor of two either way [assumption].
"""

from __future__ import annotations

from bitline.costs.sram_cell import TRANSISTORS, transistors
from bitline.costs.wire import FARAD_PER_M
from bitline.hardware.cell import Cell
from bitline.hardware.chip import Technology
from bitline.operators import Size

TRANSISTOR_FARAD_PER_M = 0.35e-15 / 28e-9
"""Load of one cell on one line, per length of the node."""
DRIVER = 4.0 / 3.0
"""A line and the chain of buffers before it, each driving four times its own size [textbook]."""
LOW, HIGH = 0.5, 2.0
SOURCE = "0.35 fF a cell at 28 nm and 0.2 fF/um, ZigZag and hwcomponents [stated]"


def cell_farad(technology: Technology) -> Size:
    """Load that the transistor of one cell puts on one line."""
    return TRANSISTOR_FARAD_PER_M * (technology.node_nm * 1e-9)


def line_farad(crossings: Size, pitch_m: Size, technology: Technology, loads: float = 1.0) -> Size:
    """Capacitance of a line that crosses so many cells, `pitch_m` apart, each with `loads` transistors on it."""
    return crossings * (loads * cell_farad(technology) + pitch_m * FARAD_PER_M)


def wordline_loads(cell: Cell) -> float:
    """Transistors of one cell on its wordlines: half of those beyond the six that store an SRAM bit [assumption].

    One in a pair is switched by the stored bit, the other by the input; a cell of eight has one on its wordline, one
    of twelve (XNOR) three, one of eighteen (ternary) six. Other cells have one.
    """
    if "sram" not in cell.technology.lower():
        return 1.0
    return max(1.0, (transistors(cell.technology) - TRANSISTORS) / 2.0)
