"""What an operator asks of an engine's parts, counted once for operators that are alike."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache

import numpy as np

from bitline.hardware.engine import Engine, Work
from bitline.mapping.identity import Same
from bitline.operators import Gather, MatMul, Operator, Size, Vector

KNOWN_ENGINES = 256
KNOWN_OPERATORS = 4096


def work_of(engine: Engine, operator: Operator, copies: int) -> Work:
    """Give the engine's own count, or the one it gave before for an operator alike.

    Products are alike if they differ in names, needs and roles only, and so are functions and gathers (for which the
    role counts). Operators with arrays over a context axis are counted anew each time.
    """
    key = likeness(operator, copies, roles=engine.sees_roles)
    if key is None:
        return engine.work(operator, copies)
    counted = _counted(Same(engine))
    work = counted.get(key)
    if work is None:
        if len(counted) >= KNOWN_OPERATORS:
            counted.clear()
        work = counted[key] = engine.work(operator, copies)
    return work


@lru_cache(maxsize=KNOWN_ENGINES)
def _counted(engine: Same[Engine]) -> dict[Hashable, Work]:  # noqa: ARG001
    """Remember the counts of this very engine."""
    return {}


def likeness(operator: Operator, copies: int, *, roles: bool = False) -> Hashable | None:
    """Give what operators that are alike have in common, their `roles` too if asked; None with arrays over contexts."""
    sizes: tuple[Size, ...]
    if isinstance(operator, MatMul):
        sizes = (
            operator.vectors, operator.k, operator.n, operator.matrices, operator.held, operator.masked_fraction,
            operator.vectors_per_token,
        )  # fmt: skip
        if operator.lengths is not None:
            return None
        what: Hashable = (operator.role if roles else MatMul, operator.stationary, operator.per_request, copies)
    elif isinstance(operator, Vector):
        sizes = (operator.elements, operator.rows, operator.rows_together)
        what = (operator.role if roles else Vector, operator.function)
    elif isinstance(operator, Gather):
        sizes, what = (operator.elements, operator.held, operator.width), (operator.role, copies)
    else:
        return None
    for size in sizes:
        if isinstance(size, np.ndarray):
            return None
    return type(operator), what, sizes
