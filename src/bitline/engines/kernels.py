"""Sorts of kernels of a processor: how far each falls short of the peaks, what starting one takes, what is counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import log2
from typing import Annotated, TypeAlias, final

import numpy as np
from annotated_types import Interval

from bitline.engines.grid import Grid
from bitline.engines.reads import Lookup, Reads
from bitline.engines.sizes import at_least
from bitline.hardware.quantity import Count, Fraction, NonNegative
from bitline.operators import Gather, MatMul, Operator, Size, Vector

Share: TypeAlias = Annotated[float, Interval(gt=0, le=1)]

PRODUCT, ATTENTION, FUNCTION, LOOKUP, ROUTE = "product", "attention", "function", "lookup", "route"
"""Products with weights, products with keys and values, functions, values moved, choices of experts."""
SORTS = (PRODUCT, ATTENTION, FUNCTION, LOOKUP, ROUTE)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A corner of the line of efficiency against the vectors that a matrix meets."""

    vectors: Count
    share_fraction: Share
    """Of what kernels of the sort reach at best, of either peak."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Kernels:
    """Kernels of one sort; what is not given is as for all kernels of the processor."""

    counted: bool = True
    """If not, they take no time and move nothing: fused into another kernel, or left out by a convention."""
    compute_efficiency_fraction: Share | None = None
    """Share of the peak that they reach when arithmetic limits them."""
    bandwidth_efficiency_fraction: Share | None = None
    """Share of the memory's bandwidth that they reach when it limits them."""
    activation_traffic_fraction: Fraction | None = None
    """Share of their inputs and outputs that pass through memory."""
    kernel_overhead_s: NonNegative | None = None
    """Before each starts."""
    least_s: NonNegative | None = None
    """That one takes at the least, however little it does."""
    grid: Grid | None = None
    """How they are shared out over multiprocessors: the busy share of either peak is reached."""
    reach: tuple[Reach, ...] = ()
    """Corners in the order of their vectors: straight lines in the logarithm between, the nearest outside."""
    reads: Reads | None = None
    """How often they read what they multiply with, and what stays on chip."""
    lookup: Lookup | None = None
    """How they count lookups, if not as values that move."""

    def share(self, operator: Operator) -> Size:
        """Give the share of the best efficiency that an operator reaches for its sizes."""
        share = 1.0 if self.grid is None else self.grid.busy_share(operator)
        if self.reach and isinstance(operator, MatMul):
            share = share * _between(self.reach, operator.vectors / at_least(operator.matrices, 1e-9))
        return share


def names_of(operator: Operator) -> tuple[str, ...]:
    """Give the names under which kernels of an operator may be described, the most special first."""
    if isinstance(operator, MatMul):
        return operator.role, ATTENTION if operator.stationary == "cache" else PRODUCT
    if isinstance(operator, Vector):
        return operator.function, operator.role, FUNCTION
    return operator.role, LOOKUP if isinstance(operator, Gather) else ROUTE


def settled(described: Iterable[Kernels]) -> Kernels:
    """Take each value from the first that gives it; counted is what all count."""
    counted, compute, bandwidth, traffic, overhead_s, least_s = True, None, None, None, None, None
    grid: Grid | None = None
    reach: tuple[Reach, ...] = ()
    reads: Reads | None = None
    lookup: Lookup | None = None
    for one in described:
        counted = counted and one.counted
        compute = one.compute_efficiency_fraction if compute is None else compute
        bandwidth = one.bandwidth_efficiency_fraction if bandwidth is None else bandwidth
        traffic = one.activation_traffic_fraction if traffic is None else traffic
        overhead_s = one.kernel_overhead_s if overhead_s is None else overhead_s
        least_s = one.least_s if least_s is None else least_s
        grid, reach = grid or one.grid, reach or one.reach
        reads, lookup = reads or one.reads, lookup or one.lookup
    return Kernels(
        counted=counted, compute_efficiency_fraction=compute, bandwidth_efficiency_fraction=bandwidth,
        activation_traffic_fraction=traffic, kernel_overhead_s=overhead_s, least_s=least_s, grid=grid, reach=reach,
        reads=reads, lookup=lookup,
    )  # fmt: skip


def _between(corners: tuple[Reach, ...], vectors: Size) -> Size:
    where = np.log2(np.maximum(vectors, 1.0)) if isinstance(vectors, np.ndarray) else log2(max(vectors, 1.0))
    found = np.interp(where, [log2(c.vectors) for c in corners], [c.share_fraction for c in corners])
    return found if isinstance(vectors, np.ndarray) else float(found)
