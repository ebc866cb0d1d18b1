"""What a process asks for when it needs chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor

from bitline.numerics.chance import Key

Draw: TypeAlias = Callable[[Key], Tensor]
"""Gives one standard normal number for each of a matrix's codes `[..., n, k]`, a new tensor; the key tells which of
its cells, and which of their properties."""


def of_outputs(draw: Draw, drawn: dict[Key, Tensor], outputs: slice) -> Draw:
    """Give the draw of some outputs of `[..., n, k]`, drawing for all of them once, into `drawn`."""

    def of_some(key: Key) -> Tensor:
        if key not in drawn:
            drawn[key] = draw(key)
        return drawn[key][..., outputs, :].contiguous()

    return of_some
