"""Part of the requests of a step."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitline.mapping.devices.share import NO_REST, rows_of, share
from bitline.operators import Exchange, Gather, MatMul, Operator, Vector, Workload


def portion(workload: Workload, parts: float) -> Workload:
    """Give one of so many equal parts of a step's requests; of unequal requests the part with the longest.

    Five requests on two devices are 5/3 parts of three requests. Weights are met by fewer vectors; of routed experts
    fewer are hit: those that all parts leave out, each part leaves out, so that with M of N hit by all of them one part
    hits $N (1 - (1 - M/N)^{1/parts})$.
    """
    if parts == 1:
        return workload
    blocks = tuple(
        replace(block, operators=tuple(_part(operator, parts) for operator in block.operators))
        for block in workload.blocks
    )
    guests = None if workload.guests is None else math.ceil(workload.guests / parts - NO_REST)
    return replace(workload, blocks=blocks, batch=math.ceil(workload.batch / parts - NO_REST), guests=guests)


def _part(operator: Operator, parts: float) -> Operator:
    if isinstance(operator, MatMul):
        vectors = share(operator.vectors, parts)
        if operator.stationary == "weight":
            left = (1 - operator.matrices / operator.held) ** (1 / parts)
            one = operator.matrices is operator.held or operator.held == 1
            return replace(operator, vectors=vectors, matrices=operator.matrices if one else operator.held * (1 - left))
        fewer = replace(
            operator, vectors=vectors, matrices=share(operator.matrices, parts), held=share(operator.held, parts)
        )
        return fewer if operator.lengths is None else _of_lengths(fewer, _part_of(operator.lengths, parts))
    if isinstance(operator, Vector):
        return replace(operator, elements=share(operator.elements, parts), rows=rows_of(operator, parts))
    if isinstance(operator, Gather | Exchange):
        return replace(operator, elements=share(operator.elements, parts))
    return replace(operator, rows=share(operator.rows, parts))


def _part_of(lengths: NDArray[Any], parts: float) -> NDArray[Any]:
    """Take every so many of them, from the longest on, in the order in which they came."""
    places = (np.arange(math.ceil(lengths.size / parts - NO_REST)) * parts).astype(np.int64)
    taken: NDArray[Any] = lengths[np.sort(np.argsort(-lengths, kind="stable")[places])]
    return taken


def _of_lengths(operator: MatMul, lengths: NDArray[Any]) -> MatMul:
    """Take some of the requests; the side along the context is their mean."""
    if operator.lengths is None:
        return operator
    before, mean = float(np.mean(operator.lengths)), float(np.mean(lengths))
    along = "n" if operator.n == before else "k"
    return replace(operator, lengths=lengths, n=mean) if along == "n" else replace(operator, lengths=lengths, k=mean)
