"""Chance at programming: what the errors of cells depend on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from bitline.numerics.chance import Key, fingerprints, generator, normal_rows
from bitline.numerics.devices import Draw, InTurn

_TOGETHER = 16


@final
class DrawByPlace:
    """Errors that depend on where a cell is in its matrix `[..., n, k]`: of weights, which are written once."""

    def __init__(self, codes: Tensor, key: Key) -> None:
        """Keep what to draw for; nothing is drawn yet."""
        self.shape, self.device, self.key = codes.shape, codes.device, key

    def __call__(self, which: Key) -> Tensor:
        """Draw for all cells."""
        return self._drawn(self.shape, generator(("program", *self.key, *which)))

    def in_turn(self, which: Key, step: int) -> InTurn | None:
        """Draw the same numbers for `step` outputs at a time; None where they would not be the same.

        torch draws normal numbers by sixteens, and the last sixteen of a tensor anew if they are not whole.
        """
        n, k = self.shape[-2:]
        last = n % step * k
        if len(self.shape) != 2 or step * k % _TOGETHER or 0 < last < _TOGETHER:
            return None
        source, position = generator(("program", *self.key, *which)), 0

        def next_outputs(outputs: slice) -> Tensor:
            nonlocal position
            while position < outputs.start:
                self._drawn((step, k), source)
                position += step
            position += step
            return self._drawn((outputs.stop - outputs.start, k), source)

        return next_outputs

    def _drawn(self, shape: Sequence[int], source: torch.Generator) -> Tensor:
        return torch.randn(shape, generator=source, dtype=torch.float32).to(self.device)


def draw_by_place(codes: Tensor, key: Key) -> Draw:
    """Draw errors that depend on where a cell is in its matrix."""
    return DrawByPlace(codes, key)


def draw_by_content(tokens: Tensor, key: Key) -> Draw:
    """Draw errors `[..., tokens, d]` that depend on what is written: activations, whose place is not known.

    A token keeps its errors while a cache grows around it and in any batch; the price is that two equal tokens
    stray equally.
    """
    marks = fingerprints(tokens)
    return lambda which: normal_rows(marks, [("program", *key, *which)], tokens.shape[-1])
