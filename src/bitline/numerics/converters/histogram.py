"""Sums seen in calibration, counted in bins of bounded number, whatever their order and size.

Bins are equally wide and lie about zero; their width is a power of two that doubles when a larger sum arrives, and
pairs of bins become one. Since floor(floor(x) / 2) = floor(x / 2), the counts are those that the final width would
have given from the start: to the bit the same in any order and in any parts.
"""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

_LEAST = -120
"""Exponent of the bin width before anything but zero was seen."""
_TOGETHER = 1024
"""Groups whose bins are merged together, to bound memory."""


@final
class Histogram:
    """Counts of sums in groups that will share a range: one count in `bins` for each group."""

    def __init__(self, groups: int, bins: int = 2048, device: torch.device | str = "cpu") -> None:
        """Start with nothing seen; 8 bytes for each group and bin (a power of two, half of them below zero)."""
        self.counts = torch.zeros(groups, bins, dtype=torch.int64, device=device)
        self.zeros = torch.zeros(groups, dtype=torch.int64, device=device)
        self.exponent = torch.full((groups,), _LEAST, dtype=torch.int32, device=device)
        self.lowest = torch.full((groups,), torch.inf, device=device)
        self.highest = torch.full((groups,), -torch.inf, device=device)

    @property
    def bins(self) -> int:
        """Bins of one group."""
        return self.counts.shape[1]

    @property
    def width(self) -> Tensor:
        """The width of a bin in each group `[groups]`, float64."""
        return torch.ldexp(torch.ones_like(self.exponent, dtype=torch.float64), self.exponent)

    @property
    def seen(self) -> Tensor:
        """The lowest and highest sum of each group `[groups, 2]`, exactly; 0 where nothing was seen."""
        both = torch.stack([self.lowest, self.highest], dim=-1)
        return torch.where(both.isfinite(), both, torch.zeros_like(both))

    def add(self, sums: Tensor, group: Tensor) -> None:
        """Count sums `[..., columns]` that are finite; `group` `[columns]` is that of each column."""
        rows = sums.reshape(-1, sums.shape[-1]).to(torch.float32)
        if not rows.numel():
            return
        self.lowest.scatter_reduce_(0, group, rows.amin(dim=0), "amin")
        self.highest.scatter_reduce_(0, group, rows.amax(dim=0), "amax")
        self._widen()
        scaled = torch.ldexp(rows, -self.exponent[group]).floor_()
        place = scaled.to(torch.int64).add_(self.bins // 2).clamp_(0, self.bins - 1).add_(group * self.bins)
        self.counts += torch.bincount(place.flatten(), minlength=self.counts.numel()).view_as(self.counts)
        self.zeros.index_add_(0, group, (rows == 0.0).sum(dim=0))

    def _widen(self) -> None:
        reach = torch.maximum(-self.lowest, self.highest).clamp(min=0.0)
        # The largest sum is below 2**power, or is that itself: then it takes one more.
        _, power = torch.frexp(reach)
        needed = torch.where(reach > 0.0, power - (self.bins.bit_length() - 2), _LEAST)
        grown = torch.maximum(self.exponent, needed.to(torch.int32))
        for some in torch.split(torch.nonzero(grown > self.exponent).flatten(), _TOGETHER):
            self.counts[some] = _merged(self.counts[some], grown[some] - self.exponent[some])
        self.exponent = grown


def _merged(counts: Tensor, doublings: Tensor) -> Tensor:
    """Make one bin of every 2**doublings, in each row of counts for itself."""
    half = counts.shape[1] // 2
    place = torch.arange(-half, half, device=counts.device)
    place = (place >> doublings.clamp(max=62)[:, None]).add_(half)
    return torch.zeros_like(counts).scatter_add_(1, place, counts)
