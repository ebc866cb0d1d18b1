"""N of M by magnitude."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware.formats import ValueFormat
from bitline.numerics.formats.pruning import largest_of
from bitline.numerics.formats.rounding import rounded


def test_by_hand() -> None:
    row = torch.tensor([1.0, -3.0, 2.0, 0.5, 0.0, 0.0, 0.0, 0.0, 7.0, -7.0, 7.0, 1.0, 0.1, 0.2])
    stays = largest_of(row, 2, 2).nonzero().flatten().tolist()
    assert stays == [1, 2, 4, 5, 8, 9, 12, 13], "of equals the first, of a short group as many"


@given(
    kept=st.integers(1, 4), left_out=st.integers(1, 4), k=st.integers(1, 60), seed=st.integers(0, 99),
    ties=st.booleans(),
)  # fmt: skip
def test_the_pattern_holds_and_keeps_the_largest(kept: int, left_out: int, k: int, seed: int, ties: bool) -> None:
    x = torch.randn(3, k, generator=torch.Generator().manual_seed(seed))
    x = x.round() if ties else x
    stays = largest_of(x, kept, left_out)
    for start in range(0, k, kept + left_out):
        group, mine = x[:, start : start + kept + left_out].abs(), stays[:, start : start + kept + left_out]
        assert mine.sum(dim=1).tolist() == [min(kept, group.shape[1])] * 3
        for sizes, which in zip(group, mine, strict=True):
            if not which.all():
                assert sizes[which].min() >= sizes[~which].max()


@given(bits=st.integers(2, 8), seed=st.integers(0, 99))
def test_rounded_rows_have_no_more_than_two_of_four(bits: int, seed: int) -> None:
    x = torch.randn(4, 64, generator=torch.Generator().manual_seed(seed))
    form = ValueFormat(bits=bits, shared="scale_and_zero", shared_by=16, kept=2, left_out=2)
    codes = rounded(x, form).codes
    assert int((codes.reshape(4, 16, 4) != 0).sum(dim=-1).max()) <= 2
