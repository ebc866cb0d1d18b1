"""Integer weight codes as levels of cells: the encoding and the digits of a matrix.

A code is cut into digits, least significant first: `code = sum over digits of level * place - offset`. A digit
stands on one cell, on a pair whose currents are subtracted, or on a cell for positive and one for negative codes
that are converted each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor

from bitline.hardware import Cell, WeightFormat


@final
@dataclass(frozen=True, slots=True)
class Digit:
    """The columns that hold one digit of every weight and are converted together."""

    index: int
    bits: int
    place: int
    """What one level counts; negative for the cells of negative codes."""
    stands: Literal["cell", "pair", "plus", "minus"]

    @property
    def top(self) -> int:
        """The level of a cell that is fully on."""
        return (1 << self.bits) - 1


def digits_of(form: WeightFormat, cell: Cell) -> tuple[Digit, ...]:
    """Give the digits of a weight in the order of their columns."""
    found = []
    place = 1
    for index, bits in enumerate(form.slices(cell.bits)):
        if form.encoding == "sign_split":
            found += [Digit(index, bits, place, "plus"), Digit(index, bits, -place, "minus")]
        else:
            found.append(Digit(index, bits, place, "pair" if form.encoding == "differential" else "cell"))
        place <<= bits
    return tuple(found)


def slice_count(form: WeightFormat, cell: Cell) -> int:
    """Count the cells (or pairs) that hold one weight."""
    return len(form.slices(cell.bits))


def code_offset(form: WeightFormat) -> int:
    """Give what is added to every code before it is stored."""
    return 1 << (form.bits - 1) if form.encoding in ("offset", "bias_column") else 0


def in_columns(codes: Tensor, form: WeightFormat) -> Tensor:
    """Give the codes `[..., n, k]` of all columns: a bias column holds a code of 0, just what is added to all.

    It stands before those of the outputs, where it stays when outputs are added (keys of more tokens).
    """
    if form.encoding != "bias_column":
        return codes
    return torch.cat([torch.zeros_like(codes[..., :1, :]), codes], dim=-2)


def levels(codes: Tensor, form: WeightFormat, cell: Cell, index: int) -> Tensor:
    """Give the levels of one digit as int32: unsigned where an offset makes them so, else of either sign."""
    cut = form.slices(cell.bits)
    below, bits = sum(cut[:index]), cut[index]
    mask = (1 << bits) - 1
    wide = codes.to(torch.int32)
    if form.encoding in ("offset", "bias_column"):
        return ((wide + code_offset(form)) >> below) & mask
    if form.digits == "balanced":
        return _balanced(wide, cut, index)
    return ((wide.abs() >> below) & mask) * wide.sign()


def _balanced(rest: Tensor, cut: tuple[int, ...], index: int) -> Tensor:
    for bits in cut[:index]:
        half = 1 << (bits - 1)
        rest = (rest - (((rest + half) & (2 * half - 1)) - half)) >> bits
    if index == len(cut) - 1:
        return rest
    half = 1 << (cut[index] - 1)
    return ((rest + half) & (2 * half - 1)) - half


def largest_level(cell: Cell) -> int:
    """Give the level of a cell that is fully on."""
    return (1 << cell.bits) - 1
