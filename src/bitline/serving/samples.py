"""The estimator, sampled: what passes of some sizes take, at sizes close enough to go in straight lines between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import final

import numpy as np
from numpy.typing import NDArray

from bitline.errors import CapacityError
from bitline.hardware.chip import Chip
from bitline.operators import Workload
from bitline.serving.bends import bends
from bitline.serving.direct import Direct
from bitline.serving.horizons import looked_back, looking_at_nothing
from bitline.workload import chunk, decode

MOST_CONTEXTS = 1024
FEW_CONTEXTS = 12
STRAIGHT_FRACTION = 0.001
"""Of a straight line between two contexts."""
EVERY = 2**14
"""Sizes up to here are looked at one by one for those at which costs bend, longer ones as many in even ratios."""
PASTS = 16
MOST_SIZES = 160
TOLERANCE_FRACTION = 0.002
"""Of a straight line between two sizes, before the interval is parted again."""
ONE = np.ones(1, np.int64)
SPLIT = 0.382
"""Where intervals are parted: the smaller part of the golden section."""


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Seconds, and joules low, typical and high, without leakage (first axis) of passes of sampled sizes."""

    contexts: NDArray[np.int64]
    pasts: NDArray[np.int64]
    batches: NDArray[np.int64]
    decoding: NDArray[np.float64]
    """Of requests that make a token each, shape `[4, batches, contexts]`, without what `seeing` has."""
    single: NDArray[np.float64]
    """Of requests that make a token each and look back on nothing, not even themselves, shape `[4, batches]`."""
    scored: NDArray[np.float64]
    """Of as many tokens of one request, all of them scored, shape `[4, batches]`."""
    rows: NDArray[np.int64]
    alone: NDArray[np.float64]
    """Of tokens of one request that look back on nothing, one of them scored, shape `[4, rows]`."""
    tokens: NDArray[np.int64]
    taking_in: NDArray[np.float64]
    """Of a part of one prompt after a past that has a pass for itself, shape `[4, tokens, pasts]`."""
    sights: tuple[NDArray[np.int64], ...] = ()
    """For each limit of the model, what layers see that see no more than that."""
    seeing: tuple[NDArray[np.float64], ...] = ()
    """What that adds to a step of requests that make a token each, shape `[4, batches, sights]`."""
    leakage_w: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Of the whole chip, low, typical and high."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The largest sizes that will be asked for."""

    context: int
    batch: int
    rows: int
    chunk: int
    held: int | None = None
    """Tokens of all requests that fit together."""
    limits: tuple[int, ...] = ()
    """Of the model: contexts from which some layers see no more."""


def sample(direct: Direct, extent: Extent) -> Samples:
    """Ask the estimator."""
    model = direct.model
    caps = [cap for cap in (model.design.position_rows, extent.held) if cap is not None]
    limits = [limit for limit in extent.limits if limit < extent.context]
    contexts = np.union1d(_bent(direct, extent), np.array(limits, np.int64))
    pasts = np.append(0, np.union1d(_steps(1, extent.context, PASTS), np.array(limits, np.int64)))
    sights = [np.unique(np.append(1, contexts[contexts <= limit])) for limit in extent.limits]

    def decoding(batch: int) -> NDArray[np.float64]:
        """Cost at every context, then at every sight of every limit, and then looking back on nothing, in two ways."""
        fits = _fits(extent, batch)
        whole = _fitting(direct, partial(decode, model, batch), contexts, fits)
        seen = [
            _fitting(direct, partial(looked_back, model, batch, limit), sizes, fits)
            for limit, sizes in zip(extent.limits, sights, strict=True)
        ]
        bare = looking_at_nothing(decode(model, batch, ONE))
        each, one = direct.cost(bare), direct.cost(replace(bare, guests=1))
        return np.concatenate((whole, *seen, each, one), axis=1)

    def taking_in(tokens: int) -> NDArray[np.float64]:
        """Cost after every past, in a pass for itself."""
        asked = np.unique(np.minimum(pasts, min(caps) - tokens)) if caps else pasts
        return _drawn_out(direct.cost(chunk(model, tokens, asked)), asked, pasts)

    def alone(rows: int) -> NDArray[np.float64]:
        """Cost of rows of one request, which no schedule parts."""
        return direct.cost(replace(looking_at_nothing(decode(model, rows, ONE, scored=1)), guests=1))

    batches, decoded = _refined(decoding, extent.batch)
    rows, own = _refined(alone, extent.rows)
    tokens, taken = _refined(taking_in, extent.chunk)
    whole, *seen, bare = np.split(decoded, np.cumsum([contexts.size, *(one.size for one in sights)]), axis=2)
    seeing = [one - one[:, :, :1] for one in seen]
    rest = whole.copy()
    for sizes, one in zip(sights, seeing, strict=True):
        # Straight lines in both, so the nearest samples of the one are enough for the other.
        rest -= one[:, :, np.minimum(np.searchsorted(sizes, contexts), sizes.size - 1)]
    return Samples(
        contexts=contexts, pasts=pasts, batches=batches, decoding=rest, single=bare[:, :, 0],
        scored=bare[:, :, 1], rows=rows,
        alone=own[:, :, 0], tokens=tokens, taking_in=taken, sights=tuple(sights), seeing=tuple(seeing),
        leakage_w=direct.leakage_w,
    )  # fmt: skip


def parts_requests(chip: Chip) -> bool:
    """Whether several requests go through a chip in another way than one after the other."""
    return chip.schedule.policy != "sequential" or chip.devices.pipeline > 1 or chip.devices.expert > 1


def _bent(direct: Direct, extent: Extent) -> NDArray[np.int64]:
    """Choose contexts between which decode steps of one request, of some, and of all, cost a straight line."""
    every = np.arange(1, min(extent.context, EVERY) + 1)
    if extent.context > EVERY:
        every = np.union1d(every[: EVERY // 2], _steps(EVERY // 2, extent.context, EVERY // 2))
    found = _steps(1, extent.context, FEW_CONTEXTS)
    for batch in sorted({1, round(extent.batch**0.5), extent.batch}):
        # Units say no where a memory, which is not looked at here, would not.
        for asked in (every, every[: _fits(extent, batch)]):
            try:
                costs = direct.cost(decode(direct.model, batch, asked))
            except CapacityError:
                continue
            places = bends(costs, tolerance_fraction=STRAIGHT_FRACTION, most=MOST_CONTEXTS)
            found = np.union1d(found, asked[places])
            break
    return found


def _fits(extent: Extent, batch: int) -> int:
    """Give the longest context of so many requests alike that have room."""
    return extent.context if extent.held is None else max(1, min(extent.context, extent.held // batch))


def _fitting(
    direct: Direct, step: Callable[[NDArray[np.int64]], Workload], sizes: NDArray[np.int64], fits: int
) -> NDArray[np.float64]:
    """Price steps at all sizes; where units have no room for them they go on in a straight line."""
    asked = sizes
    while True:
        try:
            return _drawn_out(direct.cost(step(asked)), asked, sizes)
        except CapacityError:
            # Units are claimed whole, so a few short requests may need as many as one long one.
            if asked.size == 1:
                raise
            asked = asked[asked <= fits] if asked[-1] > fits else asked[:-1]


def _drawn_out(costs: NDArray[np.float64], asked: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.float64]:
    """Go on in a straight line beyond the last size asked for, where nothing fits; what was asked stays."""
    inside = np.array([np.interp(wanted, asked, one) for one in costs])
    if asked.size == 1:
        return inside
    # Steps of a staircase are short beside half of the way.
    half = min(int(np.searchsorted(asked, asked[-1] / 2)), asked.size - 2)
    slope = (costs[:, -1] - costs[:, half]) / (asked[-1] - asked[half])
    line: NDArray[np.float64] = inside + slope[:, None] * np.maximum(wanted - asked[-1], 0)
    return line


def _steps(first: int, last: int, most: int) -> NDArray[np.int64]:
    """Whole numbers in even ratios, both ends included."""
    return np.unique(np.rint(np.geomspace(first, last, most)).astype(np.int64))


def _refined(cost: Callable[[int], NDArray[np.float64]], last: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Sample sizes 1 to `last`, more closely where a straight line between two would be wrong; widest first."""
    known = {int(size): cost(int(size)) for size in _steps(1, last, 1 + max(1, int(np.log2(last))))}
    sizes = sorted(known)
    open_ends = list(pairwise(sizes))
    while open_ends and len(known) < MOST_SIZES:
        low, high = open_ends.pop(0)
        # Not in the middle: costs that jump at regular sizes would lie on the line there.
        middle = low + round(SPLIT * (high - low))
        if middle in (low, high):
            continue
        share = (middle - low) / (high - low)
        line = known[low] * (1 - share) + known[high] * share
        known[middle] = cost(middle)
        if (np.abs(line - known[middle]) > TOLERANCE_FRACTION * known[middle]).any():
            open_ends += [(low, middle), (middle, high)]
    sizes = sorted(known)
    return np.array(sizes), np.stack([known[size] for size in sizes], axis=1)
