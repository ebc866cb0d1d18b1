"""Times that mostly move by numbers: an array over contexts is only touched where arrays meet."""

from __future__ import annotations

from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from bitline.operators import Size


@final
class Moment(NamedTuple):
    """An array over contexts and a number that is added to all of it; no array where all contexts are alike."""

    times_s: NDArray[Any] | None
    """Never changed."""
    least_s: float
    """Of the array; 0 without one."""
    beyond_s: float

    @property
    def size(self) -> Size:
        """Give the time itself."""
        return self.beyond_s if self.times_s is None else self.times_s + self.beyond_s


START = Moment(None, 0.0, 0.0)


def after(moment: Moment, time_s: Size) -> Moment:
    """Let time pass."""
    if not isinstance(time_s, np.ndarray) or not time_s.ndim:
        return Moment(moment.times_s, moment.least_s, moment.beyond_s + float(time_s))
    array = time_s if moment.times_s is None else moment.times_s + time_s
    return Moment(array, float(array.min()), moment.beyond_s)


def later(one: Moment, other: Moment) -> Moment:
    """Give the later of two moments, at every context."""
    if one.times_s is other.times_s:
        return one if one.beyond_s >= other.beyond_s else other
    if one.times_s is None and one.beyond_s <= other.least_s + other.beyond_s:
        return other
    if other.times_s is None and other.beyond_s <= one.least_s + one.beyond_s:
        return one
    array = np.maximum(one.size, other.size)
    return Moment(array, float(array.min()), 0.0)
