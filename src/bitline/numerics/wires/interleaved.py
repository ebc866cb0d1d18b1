"""Pairs of cells that share their output line: one input line carries +V, the other -V, and currents cancel at once."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.errors import wrong_type
from bitline.numerics.wires.exact import folded
from bitline.numerics.wires.network import Wires


def interleaved_conductance(positive_siemens: Tensor, negative_siemens: Tensor, wires: Wires) -> Tensor:
    """Fold the wires into pairs `[..., outputs, inputs]`: signed G_eff in the same shape, float64, I = G_eff V.

    Both cells of a pair meet the output line at one node: an array of twice the inputs whose output segments within
    a pair have no resistance. Raises `ConfigError` for conductances that are negative, not finite or do not pair up.
    """
    if positive_siemens.shape != negative_siemens.shape:
        raise wrong_type(
            "negative_siemens",
            tuple(negative_siemens.shape),
            f"the shape of its partner {tuple(positive_siemens.shape)}",
        )
    positive, negative = wires.paths_siemens(positive_siemens), wires.paths_siemens(negative_siemens)
    if wires.ideal:
        return positive - negative
    after_ohm = wires.output_segments_ohm(positive.shape[-1])
    after_ohm = torch.stack((torch.zeros_like(after_ohm), after_ohm), dim=-1).flatten()
    both = folded(torch.stack((positive, negative), dim=-1).flatten(-2), wires, after_ohm)
    return both[..., 0::2] - both[..., 1::2]
