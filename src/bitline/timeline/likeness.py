"""What an engine may look at in an operator: operators alike in it ask the same of the parts."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from bitline.mapping.plan import Seat
from bitline.operators import Gather, MatMul, Size, Vector


def likeness(seat: Seat) -> tuple[Hashable, ...] | None:
    """Give what the work of a seat depends on; names, and the roles of products and functions, are not part of it.

    Arrays count by identity, so keys are to be compared only while the operators live. None where a seat is
    to be taken by itself.
    """
    operator = seat.operator
    if seat.moves or seat.rewritten:
        return None
    if isinstance(operator, MatMul):
        return (
            seat.engine, seat.copies, operator.stationary, _key(operator.vectors), _key(operator.k), _key(operator.n),
            _key(operator.matrices), _key(operator.held), _key(operator.masked_fraction),
        )  # fmt: skip
    if isinstance(operator, Vector):
        return seat.engine, operator.function, _key(operator.elements), _key(operator.rows)
    if isinstance(operator, Gather):
        return seat.engine, operator.role, _key(operator.elements), _key(operator.held)
    return None


def _key(size: Size) -> Hashable:
    return id(size) if isinstance(size, np.ndarray) else (size,)
