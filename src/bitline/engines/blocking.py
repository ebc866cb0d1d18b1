"""A product cut into blocks that a scratchpad holds, and how often inputs and weights are read for it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitline.hardware.figure import Amount
from bitline.operators import Size

KNOWN_SHAPES = 4096


def blocks(vectors: Size, k: Size, n: Size, *, held: float, grid: int) -> tuple[Amount, Amount]:
    """Count the blocks of vectors and those of outputs: as often are weights, and inputs, read.

    The largest side is halved until inputs, weights and outputs of a block, each side rounded up to the grid, are at
    most the values `held`; of two equal ones the vectors go before inputs and outputs.
    """
    if any(isinstance(side, np.ndarray) for side in (vectors, k, n)):
        sides = np.broadcast_arrays(*(np.asarray(side, dtype=np.float64) for side in (vectors, k, n)))
        found = np.array([_halved(*one, held, grid) for one in zip(*(side.ravel() for side in sides), strict=True)])
        of_vectors: NDArray[Any] = found[:, 0].reshape(sides[0].shape)
        of_outputs: NDArray[Any] = found[:, 1].reshape(sides[0].shape)
        return of_vectors, of_outputs
    return _halved(float(vectors), float(k), float(n), held, grid)


@lru_cache(maxsize=KNOWN_SHAPES)
def _halved(vectors: float, k: float, n: float, held: float, grid: int) -> tuple[int, int]:
    sides, cuts = [max(1, -(-side // 1)) for side in (vectors, k, n)], [1, 1, 1]
    while max(sides) > 1:
        m, inner, outputs = (-(-side // grid) * grid for side in sides)
        if m * inner + inner * outputs + m * outputs <= held:
            break
        largest = sides.index(max(sides))
        sides[largest] = -(-sides[largest] // 2)
        cuts[largest] *= 2
    return cuts[0], cuts[2]
