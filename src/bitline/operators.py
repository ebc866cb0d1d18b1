"""The vocabulary that models and machines share: what one step of a transformer computes.

Sizes are integers, or numpy arrays over a context axis of shape `[contexts]`; everything that reads them
broadcasts, so a whole generation of T tokens is one value. Nothing here knows bits, seconds or joules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

Size: TypeAlias = int | float | NDArray[Any]
"""A count, or one count per context length."""

Stationary = Literal["weight", "cache"]
"""What stays in place while vectors stream past it: trained weights, or the keys and values of a request."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class MatMul:
    """Vectors of length `k` times stationary matrices `[k, n]`.

    `vectors` counts the moving vectors over all the matrices used: batch x tokens for a linear layer, that
    times the experts per token for routed experts, requests x query heads x tokens for attention products.
    So the multiply-accumulates are always `vectors * k * n`.
    """

    name: str
    """Unique in its block."""
    role: str
    """What placement rules match: q, k, v, out, gate, up, down, scores, context, lm_head, router, ..."""
    vectors: Size
    k: Size
    n: Size
    stationary: Stationary | None = "weight"
    matrices: Size = 1
    """Distinct stationary matrices the vectors are spread over in this step (requests x key-value heads for
    attention; the expected number of distinct experts hit for routed experts; 1 for a linear layer)."""
    held: Size = 1
    """Stationary matrices that must be kept (all experts of the layer; as `matrices` for attention)."""
    per_request: int = 1
    """Of the matrices, those of one request: its key-value heads. Some memories keep them side by side."""
    vectors_per_token: Size = 1
    """Of the vectors, those of one token: its query heads, or the experts it is sent to; 1 for a linear layer."""
    lengths: NDArray[Any] | None = None
    """What each request looks back on, shape `[requests]`, where they differ; `k` or `n` is then their mean."""
    masked_fraction: Size = 0.0
    """Share of the products a causal or window mask throws away, which a machine may leave out."""
    tied: str = ""
    """Name of an operator or table elsewhere whose stored weights these are (a tied head; shared layers)."""
    after: tuple[str, ...] = ()
    """Operators of the same block that must finish first; empty means the block's input."""

    @property
    def macs(self) -> Size:
        """Multiply-accumulates, masked ones included."""
        return self.vectors * self.k * self.n


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """An elementwise or row-wise function: softmax, layernorm, rmsnorm, gelu, silu, rope, add, multiply, ..."""

    name: str
    role: str
    function: str
    elements: Size
    """Values in, over all rows."""
    rows: Size = 1
    """Independent rows, for functions that reduce along one."""
    rows_together: int = 1
    """Rows of one matrix, the tokens of a head; 1 where rows have no more to do with each other than all have."""
    after: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Values moved without arithmetic: embedding rows read, keys and values read or written."""

    name: str
    role: str
    """embedding, position, kv_write, kv_read."""
    elements: Size
    held: Size = 0
    """Values that must be kept for it (vocabulary x width for an embedding table)."""
    width: int = 0
    """Values in a row of the table that is looked up; 0 where there is no table."""
    after: tuple[str, ...] = ()

    @property
    def row(self) -> MatMul:
        """A lookup as a product: an input that is always one times the row `[1, width]` of the table."""
        return MatMul(
            name=self.name, role=self.role, vectors=self.elements / self.width, k=1, n=self.width, after=self.after
        )


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The choice of `chosen` experts out of `experts` for each of `rows` tokens."""

    name: str
    role: str
    rows: Size
    experts: int
    chosen: int
    after: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Values that devices of a group pass to each other; the role says how (`all_reduce`, `all_gather`, ...)."""

    name: str
    role: str
    elements: Size
    """Values at stake, of all requests: those that are added up, gathered, or handed over."""
    devices: int
    """Among which they go round."""
    after: tuple[str, ...] = ()


Operator: TypeAlias = MatMul | Vector | Gather | Route | Exchange


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Operators that depend on each other, run `repeat` times one after another (identical layers)."""

    name: str
    operators: tuple[Operator, ...]
    repeat: int = 1
    shared: bool = False
    """The repeats use one set of weights (ALBERT)."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One step of a model: a prefill, or decode steps at one or more context lengths."""

    name: str
    blocks: tuple[Block, ...]
    tokens: int
    """Tokens each request puts through in this step: the prompt, or 1."""
    batch: int
    """Requests that go together; in a pass of a server, tokens of all of them."""
    context: Size
    """Tokens each request can look back on, those of this step included; its shape is the context axis."""
    guests: int | None = None
    """Requests of a pass of a server, each of which may put several tokens through; None where `batch` counts them."""

    @property
    def requests(self) -> int:
        """Requests that can be dealt out."""
        return self.batch if self.guests is None else self.guests

    @property
    def macs(self) -> Size:
        """Multiply-accumulates of the step, masked ones included."""
        total: Size = 0
        for block in self.blocks:
            for operator in block.operators:
                if isinstance(operator, MatMul):
                    total = total + block.repeat * operator.macs
        return total


def weights_of(operator: Operator) -> MatMul | None:
    """Give the product with trained weights that an operator is, or None.

    A lookup is one with its table `[rows, width]`: of vectors that are one at a row and zero elsewhere.
    """
    if isinstance(operator, Gather) and operator.width and largest(operator.held):
        return replace(operator.row, k=operator.held // operator.width)
    return operator if isinstance(operator, MatMul) and operator.stationary == "weight" else None


def made(operator: Operator) -> Size:
    """Count the values that an operator makes."""
    if isinstance(operator, MatMul):
        return operator.vectors * operator.n
    if isinstance(operator, Route):
        return operator.rows * operator.chosen
    return operator.elements


def largest(size: Size) -> float:
    """Give a size, or the largest of its entries over the context axis."""
    # Several times faster than numpy's `max` for the plain numbers that most sizes are.
    return float(size.max()) if isinstance(size, np.ndarray) else size
