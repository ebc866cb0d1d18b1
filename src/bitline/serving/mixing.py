"""The estimator's own mixed passes, beside the sums of their parts: asked for only where the two differ."""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bitline.errors import CapacityError
from bitline.serving.direct import Direct
from bitline.serving.ledger import Lines
from bitline.serving.overlap import Grid, Overlap
from bitline.serving.passes import Passes
from bitline.serving.samples import Extent, parts_requests
from bitline.serving.spending import passes_j
from bitline.workload import chunk, decode
from bitline.workload.mixed import together

CONTEXTS, PASTS = 14, 14
TRIED = (3, 4)
"""Numbers of requests and of rows at which sums are compared with the estimator."""
RIGHT_FRACTION = 0.002
"""Within this, the sum will do."""


def overlap(direct: Direct, passes: Passes, extent: Extent) -> Overlap | None:
    """Give what passes take over sums; none where these are right."""
    contexts = _sizes(extent.context, CONTEXTS)
    pasts = np.append(0, _sizes(extent.context, PASTS)[1:])
    ask = partial(_compared, direct, passes, extent, (contexts, pasts))
    if extent.batch < 2 or extent.rows < 2 or (not parts_requests(direct.chip) and _right(ask, extent)):
        return None
    return Overlap(ask, contexts, pasts, direct.chip.schedule.least_batch)


def _sizes(last: int, most: int) -> NDArray[np.int64]:
    return np.unique(np.rint(np.geomspace(1, last, most)).astype(np.int64))


def _right(ask: partial[Grid], extent: Extent) -> bool:
    """Say whether sums are what the estimator says."""
    for requests, rows in product(_sizes(max(1, extent.batch - 1), TRIED[0]), _sizes(extent.rows, TRIED[1])):
        (time_s, *_), (sum_s, *_) = ask(int(requests), 1, min(max(1, int(rows - requests)), extent.chunk))
        if (np.abs(time_s - sum_s) > RIGHT_FRACTION * time_s).any():
            return False
    return True


def _compared(direct: Direct, passes: Passes, extent: Extent, axes: tuple[NDArray[np.int64], ...], *sizes: int) -> Grid:
    """Give what passes of so many requests, parts and tokens of these take, and the sum of them; see `Overlap`.

    What has no room is shortened.
    """
    requests, count, tokens = sizes
    shape = (2, 4, axes[0].size if requests else 1, axes[1].size)
    for fraction in (None, 1.0, 0.5):
        fitting = _fitting(direct, extent, (requests, tokens), axes, fraction)
        contexts, pasts = (one.ravel() for one in np.meshgrid(*fitting, indexing="ij"))
        steps = [decode(direct.model, requests, contexts)] if requests else []
        steps.append(chunk(direct.model, tokens - count + 1, pasts))
        steps += [chunk(direct.model, 1, 0 * pasts)] * (count - 1)
        try:
            whole = direct.cost(together(steps))
        except CapacityError:
            continue
        along, across = fitting
        # What contexts and what pasts add does not hang on each other.
        sums = _sums(passes, sizes, along, np.full_like(along, across[0]))[:, :, None]
        sums = sums + (_sums(passes, sizes, np.full_like(across, along[0]), across) - sums[:, :1, 0])[:, None]
        return np.stack((whole, sums.reshape(whole.shape))).reshape(shape)
    return np.ones(shape)


def _fitting(
    direct: Direct, extent: Extent, rows: tuple[int, int], axes: tuple[NDArray[np.int64], ...], fraction: float | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Shorten what has no room; requests that make tokens, and the prompt, may have a fraction of it each."""
    (requests, tokens), (contexts, pasts) = rows, axes
    cap = direct.model.design.position_rows
    if not requests:
        contexts = np.zeros(1, np.int64)
    if extent.held is not None and fraction is not None:
        contexts = np.minimum(contexts, max(1, int(fraction * extent.held) // max(requests, 1)))
        pasts = np.minimum(pasts, max(0, int(fraction * extent.held) - tokens))
    if cap is not None:
        contexts, pasts = np.minimum(contexts, cap), np.minimum(pasts, max(0, cap - tokens))
    return contexts, pasts


def _sums(
    passes: Passes, sizes: tuple[int, ...], contexts: NDArray[np.int64], pasts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give the sums for contexts and pasts of one shape, as seconds and joules, shape `[4, contexts]`."""
    requests, count, tokens = sizes
    scored = requests + count
    parts = [[(tokens - count + 1, past), *[(1, 0)] * (count - 1)] for past in pasts.tolist()]
    seen = [passes.all_at(context) for context in contexts.tolist()]
    time_s, decode_s = np.array(
        [
            passes.sums(requests, context, part, scored, one)
            for context, part, one in zip(contexts.tolist(), parts, seen, strict=True)
        ]
    ).T
    every = np.ones(contexts.size, np.int64)
    lines = Lines(
        requests=every * requests, contexts=contexts.astype(np.float64), steps=every, scored=every * scored,
        time_s=time_s, decode_s=decode_s, factors_j=np.ones((contexts.size, 3)),
        seen=np.array(seen, np.float64).reshape(contexts.size, -1, 2),
    )  # fmt: skip
    taken, past = np.array(parts).reshape(-1, 2).T
    decode_j, prompt_j = passes_j(lines, (np.repeat(np.arange(contexts.size), count), taken, past), passes.samples)
    return np.vstack((time_s, decode_j + prompt_j))
