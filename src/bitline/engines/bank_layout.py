"""How matrices lie in the banks of a memory's channels, and the commands that a product of it takes.

A column of a matrix lies along a row of one bank, so that a bank adds up whole outputs; outputs lie side by side in the
banks and the channels. Short columns share a row, and a vector longer than a row goes in chunks. Of a cache, keys lie
with the heads of one token along a row and tokens over banks; values with tokens along a row and the dimensions of
a head over banks: a new token fills up rows of both. After NeuPIMs, where Newton keeps weights in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from bitline.engines.channel_loads import Packing, channels_of
from bitline.engines.sizes import at_least, at_most
from bitline.engines.tiling import ceil_div
from bitline.operators import MatMul, Size

VALUES = "context"
"""The role of products with values; those with keys add up along the other side."""
KNOWN_SHAPES = 1024


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """How often channels do what. Each drives all its banks."""

    chunks: Size
    """Of vectors, written into the buffer."""
    bursts: Size
    """In which chunks are written, each as wide as a column; the last chunk of a vector needs but a few."""
    rows: Size
    """Opened and closed in every bank."""
    columns: Size
    """Multiplied in every bank."""
    results: Size
    """Read from every bank."""

    def times(self, factor: Size) -> Commands:
        """Repeat them."""
        return Commands(
            chunks=self.chunks * factor,
            bursts=self.bursts * factor,
            rows=self.rows * factor,
            columns=self.columns * factor,
            results=self.results * factor,
        )


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The banks that a matrix can lie in."""

    channels: int
    banks: int
    """Of one channel."""
    row_values: int
    """Along one row of one bank."""
    lanes: int
    """Values of one column."""
    requests_apart: bool
    """Keys and values of one request lie in one channel; otherwise over all of them."""
    packing: Packing = "balanced"
    """Which channel a request of another length than the others lies in."""
    stacks: int = 0
    """Equal sets of channels that heads are dealt over, each laid as weights are, and the inputs of weights; none: both
    share channels."""


def commands(operator: MatMul, field: Field) -> tuple[Commands, Commands]:
    """Count the commands of all channels, and those of the busiest one."""
    if operator.stationary == "weight":
        return _inputs_apart(operator, field) if field.stacks else _weight(operator, field)
    if operator.lengths is not None:
        lengths = operator.lengths
        operator = replace(operator, k=lengths) if operator.role == VALUES else replace(operator, n=lengths)
    if field.stacks:
        return _head_by_head(operator, field)
    return _values(operator, field) if operator.role == VALUES else _keys(operator, field)


def _weight(operator: MatMul, field: Field) -> tuple[Commands, Commands]:
    """Lay outputs over banks and channels, as many to a row as fit; every vector visits the whole of its matrix."""
    packed = _packed(operator.k, field)
    outputs = ceil_div(operator.n, field.banks)
    blocks = ceil_div(outputs, packed)
    busiest = ceil_div(blocks, field.channels)
    most = at_most(outputs, busiest * packed)
    every = _visit(operator.k, field, rows=blocks, outputs=outputs, buffers=at_most(blocks, field.channels))
    one = _visit(operator.k, field, rows=busiest, outputs=most, buffers=1)
    return every.times(operator.vectors), one.times(operator.vectors)


def _inputs_apart(operator: MatMul, field: Field) -> tuple[Commands, Commands]:
    """Cut a matrix by inputs over stacks, which leaves the fewest banks without outputs; sums meet outside."""
    part = replace(operator, k=ceil_div(operator.k, field.stacks))
    every, one = _weight(part, replace(field, channels=field.channels // field.stacks))
    return every.times(field.stacks), one


def _head_by_head(operator: MatMul, field: Field) -> tuple[Commands, Commands]:
    """Deal tokens of a head over the channels of one stack, laid as weights are; heads of a stack follow each other.

    Outputs of keys are tokens; of values they are dimensions, with sums that meet outside. Of unequal requests the
    fullest stack has as many heads as there are at most, of mean length.
    """
    channels, alone = field.channels // field.stacks, replace(field, channels=1)
    of_channel = (
        replace(operator, k=ceil_div(operator.k, channels), vectors=1)
        if operator.role == VALUES
        else replace(operator, n=ceil_div(operator.n, channels), vectors=1)
    )
    one, _ = _weight(of_channel, alone)
    if operator.lengths is not None:
        requests = np.ones(operator.lengths.size, dtype=np.bool_)
        one = _summed(one, requests).times(1.0 / requests.size)
    heads = operator.matrices
    each = operator.vectors / at_least(heads, 1e-9)
    return one.times(channels * heads * each), one.times(ceil_div(heads, field.stacks) * each)


def _keys(operator: MatMul, field: Field) -> tuple[Commands, Commands]:
    """Lay tokens over banks, the heads of one token along a row."""
    heads = operator.per_request
    groups = ceil_div(heads, _packed(operator.k, field))
    tokens = ceil_div(operator.n, field.banks)

    def of(blocks: Size, channels: Size) -> Commands:
        return _visit(
            operator.k, field, rows=groups * blocks, outputs=heads * blocks, buffers=groups * channels,
            vectors=heads * channels,
        )  # fmt: skip

    if field.requests_apart:
        return _by_request(operator, field, of(tokens, 1), of(tokens, 1))
    return _by_request(operator, field, of(tokens, at_most(tokens, field.channels)), of(_share(tokens, field), 1))


def _values(operator: MatMul, field: Field) -> tuple[Commands, Commands]:
    """Lay the dimensions of a head over banks, tokens along a row; heads share no row."""
    heads = operator.per_request
    across = ceil_div(operator.n, field.banks)
    blocks = heads * across

    def of(blocks: Size, buffers: Size) -> Commands:
        return _visit(operator.k, field, rows=blocks, outputs=blocks, buffers=buffers)

    if field.requests_apart:
        return _by_request(operator, field, of(blocks, heads), of(blocks, heads))
    busiest = _share(blocks, field)
    copies, most = _heads_met(int(blocks), int(across), int(busiest))
    return _by_request(operator, field, of(blocks, copies), of(busiest, most))


@lru_cache(maxsize=KNOWN_SHAPES)
def _heads_met(blocks: int, across: int, each: int) -> tuple[int, int]:
    """Count the heads that channels hold blocks of, all channels added up and at most, where so many follow each other.

    Channels take so many blocks each, in order; the vector of a head goes to every channel with blocks of it.
    """
    met = [-(-min(first + each, blocks) // across) - first // across for first in range(0, blocks, max(each, 1))]
    return sum(met), max(met, default=0)


def _by_request(operator: MatMul, field: Field, every: Commands, one: Commands) -> tuple[Commands, Commands]:
    """Repeat the commands of one request for all, and for all vectors that meet one matrix; or add up unequal ones."""
    if operator.lengths is not None:
        return _of_unequal(operator, field, every, one)
    requests = operator.matrices / operator.per_request
    each = operator.vectors / at_least(operator.matrices, 1e-9)
    in_turn = _share(requests, field) if field.requests_apart else requests
    return every.times(requests * each), one.times(in_turn * each)


def _of_unequal(operator: MatMul, field: Field, every: Commands, one: Commands) -> tuple[Commands, Commands]:
    """Add up commands of shape `[requests]`: those of all, and those of the channel that opens most rows."""
    lengths = np.asarray(operator.lengths)
    each = operator.vectors / (operator.per_request * lengths.size)
    fullest = np.ones(lengths.size, dtype=np.bool_)
    if field.requests_apart:
        channel = channels_of(lengths, field.channels, field.packing)
        rows = np.bincount(channel, weights=np.broadcast_to(one.rows, lengths.size), minlength=field.channels)
        fullest = channel == np.argmax(rows)
    return _summed(every, np.ones_like(fullest)).times(each), _summed(one, fullest).times(each)


def _summed(commands: Commands, requests: NDArray[np.bool_]) -> Commands:
    def over(count: Size) -> float:
        return float(np.sum(np.broadcast_to(count, requests.size), where=requests))

    return Commands(
        chunks=over(commands.chunks), bursts=over(commands.bursts), rows=over(commands.rows),
        columns=over(commands.columns), results=over(commands.results),
    )  # fmt: skip


def _visit(k: Size, field: Field, *, rows: Size, outputs: Size, buffers: Size, vectors: Size | None = None) -> Commands:
    """Count what one vector of length k takes, given the rows that hold a chunk, the outputs and the buffers.

    So many vectors go into the buffers, one into each if not given.
    """
    chunks = ceil_div(k, field.row_values)
    whole = field.row_values // field.lanes
    columns = (chunks - 1) * whole + ceil_div(k - (chunks - 1) * field.row_values, field.lanes)
    return Commands(
        chunks=buffers * chunks, bursts=(buffers if vectors is None else vectors) * columns, rows=rows * chunks,
        columns=outputs * columns, results=outputs * chunks,
    )  # fmt: skip


def _packed(k: Size, field: Field) -> Size:
    """Columns of a matrix that one row holds; each begins at a column of the memory."""
    return at_least(field.row_values // (ceil_div(k, field.lanes) * field.lanes), 1)


def _share(count: Size, field: Field) -> Size:
    return ceil_div(count, field.channels)


Cache = Literal["request", "spread", "head"]
"""Where keys and values of a request lie: in one channel, over all of them, or those of a head in one stack."""
