"""Matrices laid out bank by bank, row by row and column by column, against the counts of commands."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.bank_layout import Commands, Field, commands
from bitline.operators import MatMul

FIELDS = st.builds(
    Field, channels=st.integers(1, 32), banks=st.sampled_from([1, 4, 8, 16]), row_values=st.sampled_from([32, 64]),
    lanes=st.sampled_from([4, 8, 16]), requests_apart=st.just(False),
)  # fmt: skip


@dataclass
class Channel:
    """What one channel's banks do for one vector of each head; all of them do the same."""

    heads: set[int] = field(default_factory=set)
    """Whose vectors its buffer takes, one after another."""
    rows: int = 0
    columns: int = 0
    results: int = 0

    def holds(self, k: int, outputs: int, inside: Field, *, heads: set[int]) -> None:
        """Take up a set of rows with so many outputs in each bank, chunk by chunk."""
        self.heads |= heads
        for begin in range(0, k, inside.row_values):
            self.rows += 1
            self.columns += outputs * len(range(begin, min(k, begin + inside.row_values), inside.lanes))
            self.results += outputs


def counted(found: Commands) -> list[int]:
    return [int(found.chunks), int(found.bursts), int(found.rows), int(found.columns), int(found.results)]


def bursts_of(k: int, inside: Field) -> int:
    """Write a vector chunk by chunk, so many values at a time."""
    chunks = [range(k)[first : first + inside.row_values] for first in range(0, k, inside.row_values)]
    return sum(1 for chunk in chunks for _ in chunk[:: inside.lanes])


def played(channels: dict[int, Channel], k: int, inside: Field, vectors: int) -> tuple[list[int], list[int]]:
    """Give the commands of all channels, and the most of each kind in one; `vectors` fill a chunk of the buffer."""
    chunks, bursts = -(-k // inside.row_values), bursts_of(k, inside)
    each = [
        [-(-len(c.heads) // vectors) * chunks, len(c.heads) * bursts, c.rows, c.columns, c.results]
        for c in channels.values()
    ]
    return np.sum(each, axis=0).tolist(), np.max(each, axis=0).tolist()


def cache(role: str, heads: int, k: int, n: int) -> MatMul:
    return MatMul(
        name=role, role=role, vectors=heads, k=k, n=n, matrices=heads, held=heads, per_request=heads,
        stationary="cache",
    )  # fmt: skip


@given(FIELDS, st.integers(1, 200), st.integers(1, 300))
def test_outputs_of_weights_are_dealt_over_banks_rows_and_channels(inside: Field, k: int, n: int) -> None:
    packed = max(1, inside.row_values // (-(-k // inside.lanes) * inside.lanes))
    sets = [min(inside.banks, n - first) for first in range(0, n, inside.banks)]
    blocks = [sets[first : first + packed] for first in range(0, len(sets), packed)]
    channels: dict[int, Channel] = defaultdict(Channel)
    for number, block in enumerate(blocks):
        channels[number % inside.channels].holds(k, len(block), inside, heads={0})
    every, most = played(channels, k, inside, 1)
    ours, busiest = commands(MatMul(name="w", role="up", vectors=1, k=k, n=n), inside)
    assert counted(ours) == every
    # Where only the last row is not full, ours takes the busiest channel to have full ones.
    missing = len(blocks) * packed - len(sets)
    assert counted(busiest)[:3] == most[:3]
    assert 0 <= counted(busiest)[4] - most[4] <= missing * -(-k // inside.row_values)


@given(FIELDS, st.integers(1, 40), st.integers(1, 100), st.integers(1, 300))
def test_keys_of_a_request_are_dealt_by_tokens(inside: Field, heads: int, width: int, tokens: int) -> None:
    together = max(1, inside.row_values // (-(-width // inside.lanes) * inside.lanes))
    channels: dict[int, Channel] = defaultdict(Channel)
    for number, _ in enumerate(range(0, tokens, inside.banks)):
        for first in range(0, heads, together):
            mine = set(range(first, min(heads, first + together)))
            channels[number % inside.channels].holds(width, len(mine), inside, heads=mine)
    every, most = played(channels, width, inside, together)
    ours, busiest = commands(cache("scores", heads, width, tokens), inside)
    assert counted(ours) == every
    assert counted(busiest) == most


@given(FIELDS, st.integers(1, 40), st.integers(1, 100), st.integers(1, 300))
def test_values_of_a_request_follow_each_other_head_by_head(inside: Field, heads: int, width: int, tokens: int) -> None:
    across = -(-width // inside.banks)
    each = -(-heads * across // inside.channels)
    channels: dict[int, Channel] = defaultdict(Channel)
    for block in range(heads * across):
        channels[block // each].holds(tokens, 1, inside, heads={block // across})
    every, most = played(channels, tokens, inside, 1)
    ours, busiest = commands(cache("context", heads, tokens, width), inside)
    assert counted(ours) == every
    assert counted(busiest) == most


@given(st.lists(st.integers(1, 900), min_size=1, max_size=9), st.sampled_from(["scores", "context"]))
def test_unequal_requests_of_heads_in_stacks_are_added_up(lengths: list[int], role: str) -> None:
    inside = Field(channels=20, banks=16, row_values=64, lanes=8, requests_apart=False, stacks=5)
    heads, many = 5, np.array(lengths)

    def asked(of: list[int], each: float, told: np.ndarray | None) -> MatMul:
        k, n = (each, 64) if role == "context" else (64, each)
        return MatMul(
            name=role, role=role, vectors=heads * len(of), k=k, n=n, matrices=heads * len(of), held=heads * len(of),
            per_request=heads, stationary="cache", lengths=told,
        )  # fmt: skip

    alone = [commands(asked([one], one, None), inside) for one in lengths]
    together = commands(asked(lengths, float(many.mean()), many), inside)
    for found, parts in zip(together, zip(*alone, strict=True), strict=True):
        for name in ("chunks", "bursts", "rows", "columns", "results"):
            assert getattr(found, name) == pytest.approx(sum(getattr(part, name) for part in parts))
