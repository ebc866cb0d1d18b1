"""One pass of a server: requests that differ in length, some making a token, some taking in part of a prompt.

Attention products add up over the requests; weight products see all tokens of the pass at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitline.errors import wrong_type
from bitline.operators import Block, Exchange, Gather, MatMul, Operator, Route, Size, Vector, Workload
from bitline.workload.model import Model
from bitline.workload.steps import chunk, decode


def mixed(model: Model, contexts: Sequence[int], chunks: Sequence[tuple[int, int]] = ()) -> Workload:
    """Give the operators of one pass.

    `contexts` has one entry for each request that makes a token: what it looks back on, the new token included.
    `chunks` has `(tokens, past)` for each request that takes in so many tokens of its prompt after so many others.
    """
    if not len(contexts) and not len(chunks):
        raise wrong_type("requests", (), "at least one request", model.name)
    parts = [chunk(model, tokens, past) for tokens, past in chunks]
    if len(contexts):
        parts.insert(0, summed(decode(model, 1, np.asarray(contexts)), len(contexts)))
    return together(parts)


def summed(workload: Workload, requests: int) -> Workload:
    """Make one pass of many: of one request at each entry of the context axis, shape `[requests]`.

    Attention keeps one operator: as many vectors and matrices as all requests have, of their mean length, so that
    products and values read are the sums. What an engine rounds up, it rounds up at the mean.
    """
    longest = int(np.max(workload.context))
    blocks = tuple(
        replace(block, operators=tuple(_over_requests(operator, requests) for operator in block.operators))
        for block in workload.blocks
    )
    return Workload(name=workload.name, blocks=blocks, tokens=1, batch=requests, context=longest)


def together(parts: Sequence[Workload]) -> Workload:
    """Make one pass of several of one model: weights see the vectors of all, attention stands side by side.

    Of routed experts the expected number of distinct ones is that of all tokens: what one part leaves out, another
    may use. Functions and lookups run once, over the elements of all. Context axes must agree.
    """
    if len(parts) == 1:
        return parts[0]
    blocks = tuple(_joined([part.blocks[place] for part in parts]) for place in range(len(parts[0].blocks)))
    axes = [part.context for part in parts if isinstance(part.context, np.ndarray)]
    return Workload(
        name=parts[0].name, blocks=blocks, tokens=1, batch=sum(part.batch * part.tokens for part in parts),
        guests=sum(part.requests for part in parts),
        context=axes[0] if axes else max(int(np.max(part.context)) for part in parts),
    )  # fmt: skip


def _over_requests(operator: Operator, requests: int) -> Operator:
    if isinstance(operator, MatMul):
        if _joins(operator):
            return replace(
                operator, vectors=_total(operator.vectors, requests), matrices=_hit_by_all(operator, requests)
            )
        return replace(
            operator,
            vectors=_total(operator.vectors, requests), matrices=_total(operator.matrices, requests),
            held=_total(operator.held, requests), k=_mean(operator.k), n=_mean(operator.n),
            lengths=_lengths(operator),
        )  # fmt: skip
    if isinstance(operator, Vector):
        return replace(operator, elements=_total(operator.elements, requests), rows=_total(operator.rows, requests))
    if isinstance(operator, Gather | Exchange):
        return replace(operator, elements=_total(operator.elements, requests))
    return replace(operator, rows=_total(operator.rows, requests))


def _joined(blocks: Sequence[Block]) -> Block:
    """Join the operators of one name, but those of attention, which each part keeps for itself.

    Weights that stand at different places in two parts (latent attention opens its rows before the products over a
    prompt and after those of a token) are read by each part for itself.
    """
    first: dict[str, Operator] = {}
    found: dict[str, Operator] = {}
    for number, block in enumerate(blocks):
        own = {one.name: f"{one.name}_{number + 1}" for one in block.operators if _stands_apart(one, first)}
        for operator in block.operators:
            first.setdefault(operator.name, operator)
            one = replace(operator, after=tuple(own.get(need, need) for need in operator.after))
            if operator.name in own:
                one = replace(one, name=own[operator.name])
            if operator.name in own and isinstance(one, MatMul) and _joins(one):
                one = replace(one, tied=one.tied or operator.name)
            found[one.name] = _sum(found[one.name], one) if one.name in found else one
    return replace(blocks[0], operators=tuple(found.values()))


def _stands_apart(operator: Operator, first: Mapping[str, Operator]) -> bool:
    """Whether a part keeps an operator for itself, another part having had one of that name."""
    other = first.get(operator.name)
    return (
        other is not None and isinstance(operator, MatMul) and (not _joins(operator) or operator.after != other.after)
    )


def _sum(one: Operator, other: Operator) -> Operator:
    after = tuple(dict.fromkeys((*one.after, *other.after)))
    if isinstance(one, MatMul) and isinstance(other, MatMul):
        left = (1 - one.matrices / one.held) * (1 - other.matrices / one.held)
        return replace(one, vectors=one.vectors + other.vectors, matrices=one.held * (1 - left), after=after)
    if isinstance(one, Vector) and isinstance(other, Vector):
        return replace(one, elements=one.elements + other.elements, rows=one.rows + other.rows, after=after)
    if isinstance(one, Gather) and isinstance(other, Gather):
        return replace(one, elements=one.elements + other.elements, after=after)
    if isinstance(one, Route) and isinstance(other, Route):
        return replace(one, rows=one.rows + other.rows, after=after)
    raise TypeError(f"{one.name} is not the same kind of operator in both")


def _joins(operator: MatMul) -> bool:
    """Trained weights are the same for all requests."""
    return operator.stationary == "weight"


def _hit_by_all(operator: MatMul, requests: int) -> Size:
    """Matrices that one request leaves out, all have to leave out."""
    return operator.held * (1 - (1 - operator.matrices / operator.held) ** requests)


def _lengths(operator: MatMul) -> NDArray[Any] | None:
    """Give what each request looks back on, where that differs."""
    along = operator.n if isinstance(operator.n, np.ndarray) else operator.k
    return along if isinstance(along, np.ndarray) and np.ptp(along) else None


def _total(size: Size, requests: int) -> Size:
    return int(np.sum(size)) if isinstance(size, np.ndarray) else size * requests


def _mean(size: Size) -> Size:
    return float(np.mean(size)) if isinstance(size, np.ndarray) else size
