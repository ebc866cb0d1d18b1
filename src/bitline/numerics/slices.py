"""Integer weight codes as levels of cells: the encoding and the slices of a matrix.

A code is cut into digits of `cell.bits` bits, least significant first, one cell (or pair of cells) per digit:
`code = sum over slices of level * 2**(bits * slice)`, after the offset that the encoding adds is taken off again.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.hardware import Cell, WeightFormat


def slice_count(form: WeightFormat, cell: Cell) -> int:
    """Count the cells (or pairs) that hold one weight."""
    magnitude = form.bits if form.encoding == "offset" else max(1, form.bits - 1)
    return -(-magnitude // cell.bits)


def code_offset(form: WeightFormat) -> int:
    """Give what is added to every code before it is stored."""
    return 1 << (form.bits - 1) if form.encoding == "offset" else 0


def levels(codes: Tensor, form: WeightFormat, cell: Cell, index: int) -> Tensor:
    """Give the levels of one slice as int32: unsigned for `offset`, signed (which of the pair is on) otherwise."""
    mask = (1 << cell.bits) - 1
    shift = index * cell.bits
    wide = codes.to(torch.int32)
    if form.encoding == "offset":
        return ((wide + code_offset(form)) >> shift) & mask
    return ((wide.abs() >> shift) & mask) * wide.sign()


def largest_level(cell: Cell) -> int:
    """Give the level of a cell that is fully on."""
    return (1 << cell.bits) - 1
