"""Neighbouring lines lumped into groups, and smooth surfaces over the lines from one value per group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor


@final
@dataclass(frozen=True, slots=True)
class Groups:
    """`count` groups of successive lines, as equal as can be; of two kinds of line taking turns if interleaved."""

    members: Tensor
    """1 where line l belongs to group g `[groups, lines]`, float64."""
    spread: Tensor
    """Linear interpolation between the middles of groups, level beyond the outermost: `[lines, groups]`, float64."""

    def centres(self, places: Tensor) -> Tensor:
        """Give the mean over each group of what is known per line."""
        members = self.members.to(places)
        mean: Tensor = (members @ places) / members.sum(1)
        return mean

    def to(self, like: Tensor) -> Groups:
        """Give the same groups with the type and device of a tensor."""
        return Groups(self.members.to(like), self.spread.to(like))


def groups_of(lines: int, size: int, *, interleaved: bool = False) -> Groups:
    """Lump lines (of each kind, if interleaved) into groups of about `size`; kinds take turns among groups too."""
    if interleaved:
        kind = groups_of(lines // 2, size)
        either = torch.eye(2, dtype=torch.float64)
        return Groups(torch.kron(kind.members, either), torch.kron(kind.spread, either))
    count = -(-lines // size)
    belongs = torch.arange(lines) * count // lines
    members = (belongs == torch.arange(count)[:, None]).to(torch.float64)
    middles = (members @ torch.arange(lines, dtype=torch.float64)) / members.sum(1)
    if count == 1:
        # Not the transpose: torch.kron refuses its strides.
        return Groups(members, members.reshape(lines, 1))
    at = torch.arange(lines, dtype=torch.float64).clamp(middles[0], middles[-1])
    below = (torch.searchsorted(middles, at, right=True) - 1).clamp(0, count - 2)
    share = (at - middles[below]) / (middles[below + 1] - middles[below])
    spread = torch.zeros(lines, count, dtype=torch.float64)
    spread.scatter_(1, below[:, None], (1.0 - share)[:, None]).scatter_(1, below[:, None] + 1, share[:, None])
    return Groups(members, spread)
