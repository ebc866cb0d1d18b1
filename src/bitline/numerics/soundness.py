"""The refusal of descriptions that were built in Python and never met the checks of a file."""

from __future__ import annotations

from collections.abc import Iterator

from bitline.hardware import Analog, Integer
from bitline.hardware.cell_combinations import cell_problems
from bitline.hardware.combinations import analog_problems, integer_problems
from bitline.hardware.converter_combinations import converter_problems, entries_problems
from bitline.hardware.correction_combinations import correction_problems
from bitline.hardware.document import Document, Problem, refusal
from bitline.hardware.operand_combinations import operand_problems
from bitline.hardware.wire_combinations import wire_problems


def refuse_unsound(arithmetic: Analog | Integer, *, operands: bool = False) -> None:
    """Raise `ConfigError` with everything in formats, pulses and cells that cannot stand together.

    `operands` are written anew with every token, which a bitline engine does for nothing else.
    """
    weight, inputs = arithmetic.weight, arithmetic.input
    if isinstance(arithmetic, Analog):
        found = (*_analog_problems(arithmetic), *(operand_problems((), arithmetic) if operands else ()))
    else:
        found = tuple(integer_problems((), weight, inputs))
    if found:
        raise refusal(Document(tree={}), found)


def _analog_problems(arithmetic: Analog) -> Iterator[Problem]:
    weight, cell, adc = arithmetic.weight, arithmetic.cell, arithmetic.adc
    yield from analog_problems((), weight, arithmetic.input, cell)
    yield from cell_problems(("cell",), cell)
    yield from converter_problems(("adc",), adc)
    yield from entries_problems(("adc",), adc, len(weight.slices(cell.bits)))
    yield from correction_problems((), arithmetic.correction, weight, cell, adc)
    yield from wire_problems((), arithmetic.array, weight, arithmetic.input, cell)
