"""Tables of embeddings as read-only tiles: a lookup reads one row, driven alone, through the engine's formats.

A tile holds as many rows of the table as an array has (where arrays are not described, 256: our choice), one scale
for each of its columns. Reading row `i` is multiplying with a vector that is one at `i` and zero elsewhere, and is
computed as that: programming errors, converters and noise are those of the plan, and two reads of a row are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from bitline.hardware import Analog, Arithmetic
from bitline.numerics.modules.held import HELD, Held

_ROWS = 256


@final
class ProgrammedEmbedding(nn.Embedding):
    """An `nn.Embedding` whose rows are read from the chip."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name nn.Embedding gives it
        """Give `[..., n]` for the row numbers `[...]`."""
        held: Held = getattr(self, HELD)
        numbers, places = torch.unique(input, return_inverse=True)
        tiles = numbers // rows_of_tile(held.arithmetic)
        rows = [self._read(held, numbers[tiles == index], index) for index in torch.unique(tiles).tolist()]
        table = torch.cat(rows) if rows else self.weight[:0]
        return table[places].view(*input.shape, self.embedding_dim)

    def _read(self, held: Held, numbers: Tensor, index: int) -> Tensor:
        start = index * rows_of_tile(held.arithmetic)
        tile = self.weight[start : start + rows_of_tile(held.arithmetic)]
        alone = nn.functional.one_hot(numbers - start, tile.shape[0]).to(tile.dtype)
        return held.multiply(alone, tile.T, index)


def tiles_of(module: nn.Module, arithmetic: Arithmetic) -> Sequence[Tensor]:
    """Cut a table into the matrices `[n, rows]` to program."""
    table: Tensor = module.weight  # type: ignore[assignment]
    return [tile.T for tile in torch.split(table, rows_of_tile(arithmetic))]


def rows_of_tile(arithmetic: Arithmetic) -> int:
    """Count the rows of a table that one tile holds."""
    return arithmetic.array.rows if isinstance(arithmetic, Analog) else _ROWS


def only_looks_up(module: nn.Module) -> bool:
    """Say whether a table is read as it is: subclasses may scale or shift, and `max_norm` changes what is stored."""
    if not isinstance(module, nn.Embedding) or module.max_norm is not None:
        return False
    return (
        type(module).forward is nn.Embedding.forward and "forward" not in vars(module) and not is_parametrized(module)
    )
