"""Which channel keeps the keys and values of which request, where requests differ in length.

The longest first, each to the channel with the fewest tokens so far (NeuPIMs' greedy bin packing); or one after another
in the order in which they came. Keys and values of a request lie together, so loads are counted in tokens.
"""

from __future__ import annotations

from functools import lru_cache
from heapq import heapify, heapreplace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Packing = Literal["balanced", "round_robin"]
"""Requests to channels: the longest to the emptiest, or in turn."""
KNOWN_BATCHES = 256


def channels_of(lengths: NDArray[Any], channels: int, packing: Packing = "balanced") -> NDArray[np.int64]:
    """Give the number of the channel of each request, shape `[requests]`."""
    if packing == "round_robin":
        return np.arange(lengths.size) % channels
    return _balanced(np.asarray(lengths, dtype=np.float64).tobytes(), channels)


@lru_cache(maxsize=KNOWN_BATCHES)
def _balanced(lengths: bytes, channels: int) -> NDArray[np.int64]:
    tokens = np.frombuffer(lengths, dtype=np.float64)
    found = np.empty(tokens.size, dtype=np.int64)
    heap = [(0.0, channel) for channel in range(channels)]
    heapify(heap)
    for request in np.argsort(-tokens, kind="stable"):
        load, channel = heap[0]
        found[request] = channel
        heapreplace(heap, (load + float(tokens[request]), channel))
    found.setflags(write=False)
    return found
