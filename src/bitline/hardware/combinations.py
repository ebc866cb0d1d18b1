"""Which formats, pulses and cells can stand together: without that, arithmetic with them would mean nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bitline.errors import above_other, outside, wrong_type
from bitline.hardware.array import InputFormat, WeightFormat
from bitline.hardware.cell import Cell
from bitline.hardware.codings import coding_problems
from bitline.hardware.document import Path, Problem, dotted

LARGEST_BITS = 24
"""Codes are rounded from float32 numbers, which hold no more."""


def integer_problems(path: Path, weight: WeightFormat, inputs: InputFormat) -> Iterator[Problem]:
    """Check the codes that any engine multiplies."""
    for name, bits in (("weight", weight.bits), ("input", inputs.bits)):
        if bits > LARGEST_BITS:
            sentence = partial(outside, value=bits, low=1, high=LARGEST_BITS, unit="bits")
            yield Problem(path=(*path, name, "bits"), sentence=sentence)


def analog_problems(path: Path, weight: WeightFormat, inputs: InputFormat, cell: Cell) -> Iterator[Problem]:
    """Check the codes, pulses and cells of an engine that adds up on bitlines."""
    yield from integer_problems(path, weight, inputs)
    yield from _pulse_problems((*path, "input"), inputs)
    yield from coding_problems(path, weight, inputs, cell)
    if cell.bits > LARGEST_BITS:
        sentence = partial(outside, value=cell.bits, low=1, high=LARGEST_BITS, unit="bits")
        yield Problem(path=(*path, "cell", "bits"), sentence=sentence)
    if cell.on_off_ratio is not None and cell.on_off_ratio <= 1:
        expected = "more than 1 (g_max / g_min; leave it out for cells that are off without current)"
        sentence = partial(wrong_type, value=cell.on_off_ratio, expected=expected)
        yield Problem(path=(*path, "cell", "on_off_ratio"), sentence=sentence)


def _pulse_problems(path: Path, inputs: InputFormat) -> Iterator[Problem]:
    place, pulse = (*path, "bits_per_pulse"), inputs.bits_per_pulse
    if pulse > inputs.bits:
        other = dotted((*path, "bits"))
        yield Problem(path=place, sentence=partial(above_other, value=pulse, other=other, limit=inputs.bits))
    elif inputs.signed == "twos_complement" and pulse > 1:
        expected = "1, which signed = 'twos_complement' needs (its last pulse alone counts negative)"
        yield Problem(path=place, sentence=partial(wrong_type, value=pulse, expected=expected, near=1))
