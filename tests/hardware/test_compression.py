"""Bits per value, counted by laying groups out one after another."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware.compression import Compression

COUNTS = st.integers(1, 9)


def test_formats_that_are_known_by_name() -> None:
    two_of_four = Compression(kept=2, left_out=2)
    assert two_of_four.bits_per_value(2) == 2.0
    assert two_of_four.bits_per_value(8) == 5.0
    assert Compression(shared_bits=16, shared_by=128).bits_per_value(4) == 4.125
    assert Compression(shared_bits=8, shared_by=32).bits_per_value(8) == 8.25
    assert Compression(kept=2, left_out=2, index_bits=0).bits_per_value(2) == 1.0


@given(bits=st.integers(1, 16), kept=COUNTS, left_out=st.integers(0, 9), shared_bits=st.integers(0, 32),
       shared_by=COUNTS)  # fmt: skip
def test_bits_are_those_of_groups_laid_out(
    bits: int, kept: int, left_out: int, shared_bits: int, shared_by: int
) -> None:
    """So many groups that shared bits come out even: kept values, their places, one share per run of kept values."""
    group = kept + left_out
    stored = kept * shared_by
    places = math.ceil(math.log2(group)) if left_out else 0
    laid_out = stored * (bits + places) + stored // shared_by * shared_bits
    compression = Compression(kept=kept, left_out=left_out, shared_bits=shared_bits, shared_by=shared_by)
    assert compression.bits_per_value(bits) == pytest.approx(laid_out / (group * shared_by), rel=1e-12)
    assert compression.kept_fraction == kept / group


def test_nothing_left_out_and_nothing_shared_is_what_it_was() -> None:
    assert Compression().bits_per_value(7) == 7
    assert Compression(index_bits=3).bits_per_value(7) == 7
