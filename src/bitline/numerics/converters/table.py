"""Many thresholds, shared by all columns: the one that was reached last is looked up near the signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Transfer
from bitline.numerics.converters.sense import FEW, Sense
from bitline.numerics.converters.stage import Stage


@final
@dataclass(frozen=True, slots=True)
class Table(Stage):
    """Rising thresholds (and one that is never reached) and an output more; where to begin for each whole signal.

    `first[i]` counts the thresholds up to signal `start + i`; `most` is the largest number of them between two
    whole signals.
    """

    thresholds: Tensor
    outputs: Tensor
    first: Tensor
    start: float
    most: int

    def apply(self, codes: Tensor) -> Tensor:
        """Replace signals by outputs, at the same place in memory."""
        cell = torch.floor(codes).sub_(self.start).nan_to_num_(nan=0.0).clamp_(0.0, float(len(self.first) - 1))
        reached = self.first.index_select(0, cell.to(torch.int32).flatten())
        signal = codes.flatten()
        for _ in range(self.most):
            reached += (signal >= self.thresholds.index_select(0, reached)).to(torch.int32)
        return codes.copy_(self.outputs.index_select(0, reached).view(codes.shape))


def transfer_stage(transfer: Transfer, low: int, device: torch.device) -> Stage:
    """Give the stage of a transfer table; its codes, counted from the lowest, become those from `low` up."""
    edges = torch.tensor(transfer.threshold_codes, dtype=torch.float32) + low
    given = transfer.output_codes or tuple(float(i + 1) for i in range(len(transfer.threshold_codes)))
    outputs = torch.tensor([transfer.below_codes, *given], dtype=torch.float32) + low
    if len(edges) <= FEW and bool((outputs == outputs.round()).all()):
        return Sense(tuple(edges.tolist()), tuple(outputs.diff().tolist()), float(outputs[0]))
    return _table(edges, outputs, device)


def _table(edges: Tensor, outputs: Tensor, device: torch.device) -> Table:
    start = torch.floor(edges[0]) - 1.0
    cells = torch.arange(int(torch.floor(edges[-1]) - start) + 2, dtype=torch.float32) + start
    first = torch.searchsorted(edges, cells, right=True).to(torch.int32)
    most = int(first.diff().max())
    never = edges.new_tensor([torch.nan])
    edges, outputs, first = (one.to(device) for one in (torch.cat([edges, never]), outputs, first))
    return Table(edges, outputs, first, float(start), most)
