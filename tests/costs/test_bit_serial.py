"""Row cycles of bit-serial arithmetic: the published counts, and trees level by level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.costs.bit_serial import addition_rows, product_rows, tree_fraction


@pytest.mark.parametrize(("bits", "addition", "product"), [(8, 65, 663), (16, 129, 2735), (32, 257, 11103)])
def test_rows_are_those_of_simdram(bits: int, addition: int, product: int) -> None:
    assert addition_rows(bits) == addition
    assert product_rows(bits, bits) == product


@given(narrow=st.integers(2, 8), wide=st.integers(8, 16))
def test_unequal_widths_lie_between_equal_ones(narrow: int, wide: int) -> None:
    assert product_rows(narrow, narrow) <= product_rows(narrow, wide) <= product_rows(wide, wide)
    assert product_rows(narrow, wide) == product_rows(wide, narrow)


@given(levels=st.integers(0, 12))
def test_a_tree_adds_two_by_two(levels: int) -> None:
    left, additions = 2**levels, 0
    while left > 1:
        left //= 2
        additions += left
    assert tree_fraction(2**levels) == additions / 2**levels


def test_arrays_are_their_entries() -> None:
    terms = np.array([1, 2, 3, 4, 5, 1000])
    assert tree_fraction(terms) == pytest.approx([tree_fraction(int(one)) for one in terms])
    assert math.isclose(tree_fraction(1000), 1 - 2**-10)
