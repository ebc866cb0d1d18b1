"""The refusal of descriptions that were built in Python and never met the checks of a file."""

from __future__ import annotations

from bitline.hardware import Analog, Integer
from bitline.hardware.combinations import analog_problems, integer_problems
from bitline.hardware.document import Document, refusal


def refuse_unsound(arithmetic: Analog | Integer) -> None:
    """Raise `ConfigError` with everything in formats, pulses and cells that cannot stand together."""
    weight, inputs = arithmetic.weight, arithmetic.input
    if isinstance(arithmetic, Analog):
        found = tuple(analog_problems((), weight, inputs, arithmetic.cell))
    else:
        found = tuple(integer_problems((), weight, inputs))
    if found:
        raise refusal(Document(tree={}), found)
