"""Blocks of a product in a scratchpad: by hand, and what always holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.blocking import blocks

HALF = 262144
"""Values of two bytes in half of 1 MB."""
SIDE = st.integers(1, 6000)


def test_the_largest_side_is_halved_until_a_block_fits() -> None:
    # 4096 x 3072 by 32 vectors, which count as 128: down to 256 x 384, of 32768 + 98304 + 49152 values.
    assert blocks(32, 4096, 3072, held=HALF, grid=128) == (1, 8)
    assert blocks(128, 256, 384, held=180224, grid=128) == (1, 1)
    assert blocks(128, 256, 384, held=180223, grid=128) == (1, 2)


@given(SIDE, SIDE, SIDE)
def test_blocks_fit_and_hold_everything(m: int, k: int, n: int) -> None:
    of_vectors, of_outputs = blocks(m, k, n, held=HALF, grid=128)
    rounded = [-(-side // 128) * 128 for side in (-(-m // of_vectors), -(-n // of_outputs))]
    # What is left for the summed side is at least one grid's.
    assert rounded[0] * 128 + 128 * rounded[1] + rounded[0] * rounded[1] <= HALF


@given(SIDE, SIDE, SIDE)
def test_a_large_scratchpad_reads_everything_once(m: int, k: int, n: int) -> None:
    assert blocks(m, k, n, held=3 * 6144.0**2, grid=128) == (1, 1)


def test_a_growing_context_is_one_value() -> None:
    contexts = np.array([1, 500, 4096, 9000])
    together = blocks(64, 128, contexts, held=20000, grid=16)
    apart = [blocks(64, 128, int(n), held=20000, grid=16) for n in contexts]
    for place in (0, 1):
        assert np.asarray(together[place]).tolist() == pytest.approx([one[place] for one in apart])
