"""Drift compensation: outputs are multiplied with what a read-out was right after programming over what it is now.

The read-out is the mean magnitude of the outputs for one-hot inputs: of linear cells, the mean magnitude of weights.
"""

from __future__ import annotations

import torch
from torch import Tensor

LEAST_READOUT = 1e-4
"""A read-out is taken as no smaller (aihwkit)."""


def global_readout(weights: Tensor) -> Tensor:
    """Give one read-out for a tile of weights `[n, k]`."""
    return weights.abs().mean().clamp(min=LEAST_READOUT)


def column_readout(weights: Tensor) -> Tensor:
    """Give a read-out `[n, 1]` for every output of a tile of weights `[n, k]`."""
    return weights.abs().mean(dim=-1, keepdim=True).clamp(min=LEAST_READOUT)


def measured_readout(outputs: Tensor, *, per_column: bool = False) -> Tensor:
    """Give the read-out of outputs `[k, n]` that a tile gave, converters, noise and all, for k one-hot inputs."""
    magnitudes = outputs.abs()
    mean = magnitudes.mean(dim=0).unsqueeze(-1) if per_column else magnitudes.mean()
    return mean.clamp(min=LEAST_READOUT)


def drift_compensation(before: Tensor, now: Tensor) -> Tensor:
    """Give the factor for outputs: the read-out `before` (right after programming, or of ideal cells) over `now`."""
    return torch.div(before, now)
