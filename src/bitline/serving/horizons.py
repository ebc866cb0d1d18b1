"""How far back a model's layers look, and what they keep: where that ends, a longer context costs no more.

A layer with a window of w sees min(c, w) of c tokens, itself included, and keeps min(c, w) - 1 of them for the next.
So all that requests of any lengths cost and hold hangs on a few sums: of their contexts, and of min(context, w) for
each window of the model.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from bitline.operators import Block, MatMul, Operator, Workload
from bitline.workload import Model, decode, kv_cache_bytes

MOST_LIMITS = 4
"""A model with more of them is taken at the mean context."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Horizons:
    """Of one model; as it stands, of one that sees and keeps all, counted in tokens."""

    limits: tuple[int, ...] = ()
    """Contexts from which some layers see no more, shortest first."""
    values: tuple[int, ...] = (1,)
    """Kept of a token: by layers that keep all, then by those of each limit."""
    state: int = 0
    """Values kept of a request, however short."""

    def held(self, tokens: int) -> int:
        """Count the values kept once a request has seen so many tokens, 1 or more."""
        total = self.state + self.values[0] * tokens
        for limit, values in zip(self.limits, self.values[1:], strict=True):
            total += values * min(tokens, limit - 1)
        return total

    @property
    def whole(self) -> int:
        """Values of a token that all layers still keep, or of a request where none keeps tokens."""
        return sum(self.values) or self.state or 1


def horizons(model: Model, longest: int) -> Horizons:
    """Find where a decoder's layers end to look back, up to a context, from the operators it writes."""
    contexts = np.arange(1, max(longest, 3) + 1)
    if model.design.position_rows is not None:
        contexts = contexts[: model.design.position_rows]
    kept = np.asarray(kv_cache_bytes(model, 1, contexts, 1)) * np.ones(contexts.size)
    # What is kept of c tokens goes with the step whose context is c + 1.
    bent = set(_bends(contexts, kept) + 1)
    for size in _sizes(decode(model, 1, contexts)):
        bent.update(_bends(contexts, size).tolist())
    limits = tuple(sorted(int(limit) for limit in bent if limit < contexts[-1]))
    if len(limits) > MOST_LIMITS:
        limits = ()
    return _kept(limits, contexts, kept)


def looked_back(model: Model, batch: int, limit: int, seen: NDArray[np.int64]) -> Workload:
    """Give a step in which layers of one limit see `seen` tokens, shape `[contexts]`, and all others one.

    Sizes are straight lines between limits, so the bend at the limit tells what each of its layers adds for a token.
    """
    known = decode(model, batch, np.array((1, limit - 1, limit, limit + 1)))
    blocks = tuple(
        replace(block, operators=tuple(_seeing(operator, seen) for operator in block.operators))
        for block in known.blocks
    )
    return replace(known, blocks=blocks, context=seen)


def looking_at_nothing(step: Workload) -> Workload:
    """Give a step without its products with keys, values and states of requests."""
    return replace(step, blocks=tuple(_bare(block) for block in step.blocks))


def _bare(block: Block) -> Block:
    gone: dict[str, tuple[str, ...]] = {}
    kept: list[Operator] = []
    for operator in block.operators:
        # What waited for a product that is gone waits for what that waited for.
        after = tuple(dict.fromkeys(name for need in operator.after for name in gone.get(need, (need,))))
        if isinstance(operator, MatMul) and operator.stationary == "cache":
            gone[operator.name] = after
        else:
            kept.append(replace(operator, after=after))
    return replace(block, operators=tuple(kept))


def _seeing(operator: Operator, seen: NDArray[np.int64]) -> Operator:
    found: dict[str, Any] = {}
    for name, size in _arrays(operator).items():
        found[name] = size[0] + ((size[2] - size[1]) - (size[3] - size[2])) * (seen - 1)
    return replace(operator, **found) if found else operator


def _arrays(operator: Operator) -> dict[str, NDArray[Any]]:
    """Give the sizes of an operator that hang on the context."""
    sizes = {one.name: getattr(operator, one.name) for one in fields(operator)}
    return {name: size for name, size in sizes.items() if isinstance(size, np.ndarray)}


def _sizes(workload: Workload) -> list[NDArray[Any]]:
    """Give what hangs on the context, each once."""
    found: dict[int, NDArray[Any]] = {}
    for block in workload.blocks:
        for operator in block.operators:
            found |= {id(size): size for size in _arrays(operator).values()}
    return list(found.values())


def _bends(contexts: NDArray[np.int64], sizes: NDArray[Any]) -> NDArray[np.int64]:
    """Give the contexts at which a straight line ends."""
    bend: NDArray[np.int64] = contexts[1:-1][np.abs(np.diff(sizes, 2)) > 1e-6 * np.abs(sizes[1:-1])]
    return bend


def _kept(limits: tuple[int, ...], contexts: NDArray[np.int64], kept: NDArray[np.float64]) -> Horizons:
    """Tell the layers' shares of what is kept apart by what is left after each limit."""
    edges = (0, *(limit - 1 for limit in limits))
    if contexts.size < 2:
        return Horizons(limits=limits, values=(int(kept[0]),))
    slopes = [int(kept[min(edge + 1, kept.size - 1)] - kept[min(edge, kept.size - 2)]) for edge in edges]
    last = slopes[-1]
    values = (last, *(before - after for before, after in pairwise(slopes)))
    return Horizons(limits=limits, values=values, state=int(kept[0]) - slopes[0])
