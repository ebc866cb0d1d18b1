"""How a kernel is shared out over a processor's multiprocessors, and how many of them its rounds keep busy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from bitline.engines.sizes import at_least, rounded_up
from bitline.engines.tiling import ceil_div
from bitline.hardware.quantity import Count
from bitline.operators import MatMul, Operator, Size, Vector


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Blocks of threads, one to a multiprocessor at a time: in the last round some may have none.

    A block does a whole matrix, or all rows of a function that belong to one; or, where `outputs` says so, a tile of a
    product.
    """

    multiprocessors: Count
    vectors: Count = 1
    """Of a tile at most."""
    outputs: Count | None = None
    """Of a tile with as many vectors as that."""
    narrow_outputs: Count | None = None
    """Of a tile with fewer; as many if not given."""

    def busy_share(self, operator: Operator) -> Size:
        """Give the share of multiprocessors that are busy, in the mean over all rounds; 1 for values that only move."""
        blocks = self._blocks(operator)
        return blocks / (self.multiprocessors * ceil_div(blocks, self.multiprocessors))

    def _blocks(self, operator: Operator) -> Size:
        if isinstance(operator, Vector):
            return at_least(rounded_up(operator.rows / operator.rows_together), 1)
        if not isinstance(operator, MatMul):
            return self.multiprocessors
        matrices = at_least(operator.matrices, 1)
        if self.outputs is None:
            return matrices
        vectors = at_least(operator.vectors / matrices, 1)
        wide = self._width(vectors, self.outputs)
        return matrices * rounded_up(vectors / self.vectors) * rounded_up(operator.n / wide)

    def _width(self, vectors: Size, full: int) -> Size:
        narrow = self.narrow_outputs or full
        if isinstance(vectors, np.ndarray):
            return np.where(vectors < self.vectors, narrow, full)
        return narrow if vectors < self.vectors else full
