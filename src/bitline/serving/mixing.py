"""The estimator's own mixed passes, beside the sums of their parts: on a grid, and only where the two differ."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bitline.errors import CapacityError
from bitline.serving.direct import Direct
from bitline.serving.overlap import Axes, Overlap
from bitline.serving.passes import Passes
from bitline.serving.samples import Extent, parts_rows
from bitline.workload import chunk, decode
from bitline.workload.mixed import together

COARSE, FINE = (4, 3, 4, 3), (8, 5, 12, 4)
"""Samples along each axis."""
RIGHT_FRACTION = 0.005
"""Within this, the sum will do."""


def overlap(direct: Direct, passes: Passes, extent: Extent) -> Overlap | None:
    """Compare sums with the estimator; none where they agree."""
    if extent.batch < 2 or extent.rows < 2:
        return None
    for sizes in (COARSE, FINE):
        axes = _axes(extent, sizes, direct.chip.schedule.least_batch)
        sums_s, more_s = _more_s(direct, passes, extent, axes)
        if (np.abs(more_s) < RIGHT_FRACTION * sums_s).all():
            return None
    return Overlap(axes, more_s, parts_rows=parts_rows(direct.chip))


def _axes(extent: Extent, sizes: Sequence[int], least: int) -> Axes:
    """Choose samples, two of them where a schedule begins to part batches."""
    lasts = (extent.batch - 1, extent.context, extent.rows, extent.context)
    axes = [
        np.unique(np.rint(np.geomspace(1, last, most)).astype(np.int64))
        for last, most in zip(lasts, sizes, strict=True)
    ]
    for axis in (0, 2):
        if 1 < least <= lasts[axis]:
            axes[axis] = np.union1d(axes[axis], (least - 1, least))
    axes[3] = np.append(0, axes[3][1:])
    return tuple(axes)


def _more_s(
    direct: Direct, passes: Passes, extent: Extent, axes: Axes
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the sums, and what the estimator says beyond them; as for fewer tokens where there are no such passes."""
    sums_s, more_s = np.ones((2, *(axis.size for axis in axes)))
    more_s[:] = 0.0
    for (first, requests), (third, rows) in product(enumerate(axes[0].tolist()), enumerate(axes[2].tolist())):
        more_s[first, :, third] = more_s[first, :, max(third - 1, 0)]
        tokens = min(max(1, rows - requests), extent.chunk)
        contexts, pasts = (one.ravel() for one in np.meshgrid(axes[1], axes[3], indexing="ij"))
        contexts, pasts = _fitting(direct, extent, (requests, tokens), (contexts, pasts))
        steps = [decode(direct.model, requests, contexts), chunk(direct.model, tokens, pasts)]
        try:
            found_s = direct.cost(together(steps))[0]
        except CapacityError:
            continue
        each_s = [
            passes.mixed(requests, context, [(tokens, past)], requests + 1, passes.all_at(context))[0]
            for context, past in zip(contexts.tolist(), pasts.tolist(), strict=True)
        ]
        sums_s[first, :, third] = np.reshape(each_s, (axes[1].size, axes[3].size))
        more_s[first, :, third] = found_s.reshape(axes[1].size, axes[3].size) - sums_s[first, :, third]
    return sums_s, more_s


def _fitting(
    direct: Direct, extent: Extent, rows: tuple[int, int], asked: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Shorten what has no room: half of it for the requests that make tokens, half for the prompt."""
    (requests, tokens), (contexts, pasts) = rows, asked
    cap = direct.model.design.position_rows
    if extent.held is not None:
        contexts = np.minimum(contexts, max(1, extent.held // (2 * requests)))
        pasts = np.minimum(pasts, max(0, extent.held // 2 - tokens))
    if cap is not None:
        contexts, pasts = np.minimum(contexts, cap), np.minimum(pasts, max(0, cap - tokens))
    return contexts, pasts
