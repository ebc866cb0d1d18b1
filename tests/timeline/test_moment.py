"""Moments against plain arrays."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bitline.timeline.moment import START, Moment, after, later

NUMBERS = st.floats(0.0, 100.0)
TIMES = st.one_of(NUMBERS, st.lists(NUMBERS, min_size=3, max_size=3).map(np.array))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), TIMES), min_size=1, max_size=20))
def test_moments_are_the_times_they_stand_for(steps: list[tuple[int, int, object]]) -> None:
    ours: list[Moment] = [START]
    plain = [np.zeros(3)]
    for one, other, time_s in steps:
        ours.append(after(later(ours[one % len(ours)], ours[other % len(ours)]), time_s))  # type: ignore[arg-type]
        plain.append(np.maximum(plain[one % len(plain)], plain[other % len(plain)]) + time_s)
        np.testing.assert_allclose(np.broadcast_to(ours[-1].size, 3), plain[-1], rtol=1e-12, atol=1e-12)


def test_numbers_never_touch_an_array() -> None:
    array = np.array([1.0, 2.0])
    moment = after(after(after(START, 3.0), array), 4.0)
    assert moment.times_s is array
    assert later(moment, after(START, 5.0)) is moment
