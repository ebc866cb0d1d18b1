"""Which wires can stand together with the cells and the encoding of an array."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bitline.errors import missing, wrong_type
from bitline.hardware.array import Array, InputFormat, WeightFormat
from bitline.hardware.cell import Cell
from bitline.hardware.document import Path, Problem


def wire_problems(path: Path, array: Array, weight: WeightFormat, inputs: InputFormat, cell: Cell) -> Iterator[Problem]:
    """Check what resistive wires need to be solved."""
    wires = array.wires
    resistive = array.wire_resistance_ohm > 0 if wires is None else not wires.ideal
    if resistive and cell.g_max_siemens is None:
        expected = "the conductance of the highest level, as wires have resistance"
        yield Problem(path=(*path, "cell", "g_max_siemens"), sentence=partial(missing, expected=expected))
    if resistive and weight.scale == "block" and array.rows_at_once < array.rows:
        expected = (
            f"column or tensor, as wires have resistance and only {array.rows_at_once} of {array.rows} rows are driven "
            f"together: where in its array such a block lies is not followed"
        )
        sentence = partial(wrong_type, value="block", expected=expected, near="column")
        yield Problem(path=(*path, "weight", "scale"), sentence=sentence)
    if wires is None:
        return
    place = (*path, "array", "wires")
    if wires.curve == "sinh" and wires.sinh_v is None:
        sentence = partial(missing, expected="the voltage of the bend, as curve is sinh")
        yield Problem(path=(*place, "sinh_v"), sentence=sentence)
    if wires.curve != "linear" and cell.read_voltage_v is None:
        sentence = partial(missing, expected="the voltage of a full input, as cells are not linear")
        yield Problem(path=(*path, "cell", "read_voltage_v"), sentence=sentence)
    if wires.bitlines == "interleaved" and weight.encoding != "differential":
        expected = f"separate, as weight.encoding = '{weight.encoding}' has no pairs that share a bitline"
        sentence = partial(wrong_type, value="interleaved", expected=expected, near="separate")
        yield Problem(path=(*place, "bitlines"), sentence=sentence)
    if wires.source == "separate":
        yield from _gated_problems(place, array, inputs)


def _gated_problems(place: Path, array: Array, inputs: InputFormat) -> Iterator[Problem]:
    """Check lines of supply: inputs only open cells there, and all rows of an array stand on them."""
    for wrong, why in (
        (array.wires is not None and array.wires.bitlines == "interleaved", "bitlines are interleaved"),
        (inputs.signed == "bipolar", "inputs are bipolar, and a gate has no sign"),
        (array.rows_at_once != array.rows, "only some rows are driven together"),
    ):
        if wrong:
            sentence = partial(wrong_type, value="separate", expected=f"input, as {why}", near="input")
            yield Problem(path=(*place, "source"), sentence=sentence)
