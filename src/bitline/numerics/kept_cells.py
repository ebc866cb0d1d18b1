"""Cells of keys and values that are kept from one step of decoding to the next, so that only new tokens are programmed.

What a token's cells become depends on the token alone, so that what is kept is what would be programmed again. Tokens
side by side (keys) are put beside those that stand; tokens below each other (values) are programmed from the beginning
of the last array on, which is not full yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, final

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.cells import Block, Cells

MOST_BYTES = 1 << 25
"""Of the cells of one product of one layer; more is programmed anew at each step."""


@final
class KeptCells:
    """The cells of the operand that was multiplied last."""

    def __init__(self) -> None:
        self._tokens: Tensor | None = None
        self._cells: Cells | None = None

    def cells(
        self, tokens: Tensor, arithmetic: Analog, scales: Literal["k", "n"], program: Callable[[Tensor], Cells]
    ) -> Cells:
        """Give the cells of tokens `[b, t, d]`, with `program` for those that were not there the last time."""
        found = self._grown(tokens, arithmetic, scales, program)
        cells = program(tokens) if found is None else found
        keeps = cells.stored_bytes <= MOST_BYTES
        self._tokens, self._cells = (tokens, cells) if keeps else (None, None)
        return cells

    def _grown(
        self, tokens: Tensor, arithmetic: Analog, scales: Literal["k", "n"], program: Callable[[Tensor], Cells]
    ) -> Cells | None:
        before, cells = self._tokens, self._cells
        faults = arithmetic.cell.faults
        if before is None or cells is None or (faults is not None and faults.map is not None):
            return None
        stood = before.shape[1]
        if tokens.shape[1] < stood or before.device != tokens.device or not torch.equal(tokens[:, :stood], before):
            return None
        if tokens.shape[1] == stood:
            return cells
        if scales == "n":
            return _beside(cells, program(tokens[:, stood:]), arithmetic)
        full = stood // arithmetic.array.rows * arithmetic.array.rows
        # Held variances are rounded up or down by their place below each other.
        if not full or any(block.noise is not None and block.noise.shape[-1] > 1 for block in cells.blocks):
            return None
        return _below(cells, program(tokens[:, full:]), full)


def _beside(old: Cells, new: Cells, arithmetic: Analog) -> Cells:
    """Put the columns of more tokens behind those that stand, digit by digit."""
    bias = int(arithmetic.weight.encoding == "bias_column")
    digits = len(old.digits)

    def both(one: Tensor, other: Tensor) -> Tensor:
        if one.shape[-1] == 1:
            return one
        cut = one.view(*one.shape[:-1], digits, -1), other.view(*other.shape[:-1], digits, -1)[..., bias:]
        return torch.cat(cut, dim=-1).flatten(-2)

    blocks = []
    for stands, comes in zip(old.blocks, new.blocks, strict=True):
        planes = tuple(both(*pair) for pair in zip(stands.planes, comes.planes, strict=True))
        noise = stands.noise if stands.noise is None or comes.noise is None else both(stands.noise, comes.noise)
        blocks.append(Block(stands.index, stands.start, stands.stop, planes, noise))
    return replace(old, blocks=tuple(blocks), columns=old.columns + new.columns - bias)


def _below(old: Cells, new: Cells, full: int) -> Cells:
    """Put the blocks of new arrays behind those of the first `full` rows."""
    stay = [block for block in old.blocks if block.stop <= full]
    come = [
        replace(block, index=block.index + len(stay), start=block.start + full, stop=block.stop + full)
        for block in new.blocks
    ]
    return replace(old, blocks=(*stay, *come))
