"""Which digital corrections can stand together with converters and digits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bitline.errors import contradicts, missing
from bitline.hardware.array import WeightFormat
from bitline.hardware.cell import Cell
from bitline.hardware.converter import Adc
from bitline.hardware.correction import Correction
from bitline.hardware.document import Path, Problem, dotted


def correction_problems(
    path: Path, correction: Correction, weight: WeightFormat, cell: Cell, adc: Adc
) -> Iterator[Problem]:
    """Check that an accumulator of limited width adds up codes, and codes that are worth the same."""
    if correction.accumulator_bits is None:
        return
    place = (*path, "correction", "accumulator_bits")
    if adc.bits is None or adc.kind == "ideal":
        sentence = partial(missing, expected=f"the codes that {dotted(place)} adds up")
        yield Problem(path=(*path, "adc", "bits"), sentence=sentence)
    elif adc.range == "calibrated" and adc.scope != "matrix":
        yield _unequal(place, (*path, "adc", "scope"))
    elif any(len(set(entries)) > 1 for entries in (adc.low, adc.high)):
        yield _unequal(place, (*path, "adc", "high"))
    elif adc.range != "unit" and len(set(weight.slices(cell.bits))) > 1:
        yield _unequal(place, (*path, "weight", "slice_bits"))


def _unequal(place: Path, other: Path) -> Problem:
    why = "one adder needs codes of one step"
    return Problem(path=place, sentence=partial(contradicts, other=dotted(other), why=why))
