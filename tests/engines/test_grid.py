"""Rounds of thread blocks: counted by hand, and against AttAcc's times of products."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.grid import Grid
from bitline.operators import Gather, MatMul, Vector

HEADS = Grid(multiprocessors=108)
TILES = Grid(multiprocessors=108, vectors=64, outputs=64, narrow_outputs=8)


def product(*, vectors: int, n: int, matrices: int = 1) -> MatMul:
    return MatMul(name="w", role="up", vectors=vectors, k=16, n=n, matrices=matrices)


def test_heads_fill_rounds() -> None:
    shares = [HEADS.busy_share(product(vectors=1, n=8, matrices=heads)) for heads in (12, 108, 109, 1280)]
    assert shares == pytest.approx([12 / 108, 1.0, 109 / 216, 1280 / 1296])
    assert HEADS.busy_share(Vector(name="s", role="softmax", function="softmax", elements=960, rows=12)) == 12 / 108


def test_values_that_only_move_keep_all_busy() -> None:
    assert TILES.busy_share(Gather(name="g", role="kv_write", elements=10)) == 1.0


# AttAcc as run, one token: bytes at 0.85 of 3352 GB/s over what it printed.
@pytest.mark.parametrize(
    ("outputs", "printed"),
    [(15360, 2.2082 / 2.236), (5120, 0.7361 / 0.746), (4608, 3.8158 / 4.294), (12288, 1.2719 / 1.342)],
)
def test_narrow_tiles_leave_as_many_idle_as_in_attacc(outputs: int, printed: float) -> None:
    assert TILES.busy_share(product(vectors=1, n=outputs)) == pytest.approx(printed, rel=2e-3)


def test_tiles_are_wide_once_they_are_full() -> None:
    # Up to 63 vectors: tiles of 8 outputs; 64: of 64; 65 take two rows of tiles.
    for vectors, tiles in ((1, 12), (63, 12), (64, 2), (65, 4)):
        assert TILES.busy_share(product(vectors=vectors, n=96)) == pytest.approx(tiles / 108), vectors
    many = MatMul(name="w", role="up", vectors=np.array([1, 63, 64, 65]), k=16, n=96)
    assert TILES.busy_share(many) == pytest.approx(np.array([12, 12, 2, 4]) / 108)


@given(vectors=st.integers(1, 5000), n=st.integers(1, 5000), matrices=st.integers(1, 300))
def test_full_rounds_keep_all_busy_and_no_round_more_than_all(vectors: int, n: int, matrices: int) -> None:
    share = TILES.busy_share(product(vectors=vectors, n=n, matrices=matrices))
    assert 0 < share <= 1
    assert TILES.busy_share(product(vectors=vectors, n=n, matrices=108 * matrices)) == 1.0


def test_contexts_come_at_once() -> None:
    n = np.array([96, 864, 872])
    found = TILES.busy_share(MatMul(name="w", role="up", vectors=1, k=16, n=n))
    assert found == pytest.approx([TILES.busy_share(product(vectors=1, n=int(one))) for one in n])
