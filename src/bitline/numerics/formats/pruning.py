"""N of M: of every few values side by side those of largest magnitude stay, whatever the others were.

2:4 is what sparse tensor cores take (Mishra et al., arXiv 2104.08378, recalled); that magnitude decides is the plainest
choice, and the usual one where nothing is trained afterwards.
"""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor


def largest_of(x: Tensor, kept: int, left_out: int) -> Tensor:
    """Say which values `[..., k]` stay: `kept` of each group along the last dimension, of equals the first.

    Groups start with the first value; a last one that is shorter keeps as many.
    """
    group, k = kept + left_out, x.shape[-1]
    # What stands behind the last value is smaller than anything.
    sizes = torch.nn.functional.pad(x.abs().to(torch.float32), (0, -k % group), value=-1.0)
    cut = sizes.reshape(*x.shape[:-1], -1, group)
    larger = torch.zeros_like(cut, dtype=torch.uint8)
    for first, second in combinations(range(group), 2):
        later = cut[..., second] > cut[..., first]
        larger[..., first] += later
        larger[..., second] += ~later
    return (larger < kept).reshape(*x.shape[:-1], -1)[..., :k]
