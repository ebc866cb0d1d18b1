"""What a process asks for when it needs chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor

from bitline.numerics.chance import Key

Draw: TypeAlias = Callable[[Key], Tensor]
"""Gives one standard normal number for each of a matrix's codes `[..., n, k]`, a new tensor; the key tells which of
its cells, and which of their properties. It may have a method `in_turn(key, step)` that gives the same numbers some
outputs at a time: what is called with slices of so many outputs, each once and in their order."""

InTurn: TypeAlias = Callable[[slice], Tensor]


def of_outputs(draw: Draw, drawn: dict[Key, InTurn], outputs: slice, step: int = 0) -> Draw:
    """Give the draw of some outputs of `[..., n, k]`; what was begun for the outputs before them is in `drawn`.

    All are drawn at once unless outputs come in turn, `step` at a time.
    """
    found: dict[Key, Tensor] = {}

    def of_some(key: Key) -> Tensor:
        if key not in drawn:
            drawn[key] = _begun(draw, key, step)
        if key not in found:
            found[key] = drawn[key](outputs)
        return found[key].clone()

    return of_some


def _begun(draw: Draw, key: Key, step: int) -> InTurn:
    in_turn = getattr(draw, "in_turn", None)
    begun: InTurn | None = in_turn(key, step) if step and in_turn is not None else None
    if begun is not None:
        return begun
    everything = draw(key)
    return lambda outputs: everything[..., outputs, :]
