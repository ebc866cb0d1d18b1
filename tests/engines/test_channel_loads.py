"""Requests on channels: loads added up by hand, and the bound of the greedy rule."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bitline.engines.bank_layout import Commands, Field, commands
from bitline.engines.channel_loads import channels_of
from bitline.operators import MatMul

LENGTHS = st.lists(st.integers(1, 4096), min_size=1, max_size=120).map(np.array)
FIELD = Field(channels=8, banks=32, row_values=512, lanes=16, requests_apart=True)


@given(LENGTHS, st.integers(1, 40))
def test_the_fullest_channel_is_never_more_than_a_request_above_the_mean(lengths: NDArray[Any], channels: int) -> None:
    loads = np.bincount(channels_of(lengths, channels), weights=lengths, minlength=channels)
    assert loads.sum() == lengths.sum()
    assert loads.max() <= lengths.sum() / channels + lengths.max()
    if lengths.size <= channels:
        assert loads.max() == lengths.max()


def test_the_longest_go_first_and_in_turn_means_as_they_came() -> None:
    lengths = np.array([1, 5, 4, 3, 9])
    # 9 and 5 apart, 4 to the 5, then 3 to either nine, and 1 to the lesser.
    assert channels_of(lengths, 2).tolist() == [1, 1, 1, 0, 0]
    assert channels_of(lengths, 2, "round_robin").tolist() == [0, 1, 0, 1, 0]


def product(role: str, lengths: NDArray[Any] | None, *, requests: int, context: float, heads: int = 4) -> MatMul:
    k, n = (128, context) if role == "scores" else (context, 128)
    return MatMul(
        name=role, role=role, vectors=heads * requests, k=k, n=n, matrices=heads * requests, held=heads * requests,
        per_request=heads, stationary="cache", lengths=lengths,
    )  # fmt: skip


def names(found: Commands) -> list[float]:
    return [float(found.chunks), float(found.rows), float(found.columns), float(found.results)]


@given(LENGTHS, st.sampled_from(["scores", "context"]), st.sampled_from(["balanced", "round_robin"]), st.booleans())
def test_unequal_requests_take_what_they_take_one_by_one(
    lengths: NDArray[Any], role: str, packing: Any, apart: bool
) -> None:
    field = Field(channels=8, banks=32, row_values=512, lanes=16, requests_apart=apart, packing=packing)
    every, one = commands(product(role, lengths, requests=lengths.size, context=float(lengths.mean())), field)
    alone = [commands(product(role, None, requests=1, context=int(length)), field) for length in lengths]
    assert names(every) == np.sum([names(found) for found, _ in alone], axis=0).tolist()
    if not apart:
        assert names(one) == np.sum([names(found) for _, found in alone], axis=0).tolist()
        return
    per_channel = np.zeros((8, 4))
    np.add.at(per_channel, channels_of(lengths, 8, packing), [names(found) for _, found in alone])
    fullest = per_channel[np.argmax(per_channel[:, 1])]
    assert names(one) == fullest.tolist()


@given(st.integers(1, 12), st.integers(1, 3000), st.sampled_from(["scores", "context"]))
def test_lengths_that_are_equal_change_nothing(turns: int, context: int, role: str) -> None:
    lengths = np.full(8 * turns, context)
    told = commands(product(role, lengths, requests=8 * turns, context=context), FIELD)
    plain = commands(product(role, None, requests=8 * turns, context=context), FIELD)
    assert [names(found) for found in told] == [names(found) for found in plain]
