"""Which encodings of weights and inputs can stand together with each other and with a cell."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bitline.errors import not_one_of, wrong_type
from bitline.hardware.array import InputFormat, WeightFormat
from bitline.hardware.cell import Cell
from bitline.hardware.document import Path, Problem


def coding_problems(path: Path, weight: WeightFormat, inputs: InputFormat, cell: Cell) -> Iterator[Problem]:
    """Check digits against weights and cells, and what is sent against the drivers."""
    yield from _digit_problems((*path, "weight"), weight, cell)
    # One-bit codes are -1, 0 and 1: three values do not fit one bit, unsigned or in two's complement.
    if inputs.bits == 1 and inputs.signed not in ("sign_split", "bipolar", "unsigned"):
        sentence = partial(not_one_of, value=inputs.signed, allowed=["sign_split", "bipolar", "unsigned"])
        yield Problem(path=(*path, "input", "signed"), sentence=sentence)
    if inputs.offset_product == "measured" and inputs.signed != "offset":
        sentence = partial(wrong_type, value="measured", expected="digital, unless signed is 'offset'", near="digital")
        yield Problem(path=(*path, "input", "offset_product"), sentence=sentence)


def _digit_problems(path: Path, weight: WeightFormat, cell: Cell) -> Iterator[Problem]:
    if weight.bits == 1 and weight.polarities == 1:
        sentence = partial(not_one_of, value=weight.encoding, allowed=["differential", "sign_split"])
        yield Problem(path=(*path, "encoding"), sentence=sentence)
    if weight.digits == "balanced" and weight.polarities == 1:
        expected = "magnitude, as digits of either sign need pairs of cells (differential or sign_split)"
        yield Problem(path=(*path, "digits"), sentence=partial(wrong_type, value="balanced", expected=expected))
    if not weight.slice_bits:
        return
    signed = weight.polarities == 2 and weight.digits == "magnitude"
    needed = max(1, weight.bits - 1) if signed else weight.bits
    place = (*path, "slice_bits")
    if max(weight.slice_bits) > cell.bits:
        expected = f"digits of at most {cell.bits} bits, which a cell holds"
        yield Problem(path=place, sentence=partial(wrong_type, value=weight.slice_bits, expected=expected))
    elif sum(weight.slice_bits) < needed:
        expected = f"digits that add up to {needed} bits or more"
        yield Problem(path=place, sentence=partial(wrong_type, value=weight.slice_bits, expected=expected))
    elif sum(weight.slice_bits[:-1]) >= needed:
        expected = f"digits of {needed} bits in all: the last holds none of them"
        yield Problem(path=place, sentence=partial(wrong_type, value=weight.slice_bits, expected=expected))
