"""Chance at programming: what the errors of cells depend on."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.numerics.chance import Key, fingerprints, generator, normal_rows
from bitline.numerics.devices import Draw


def draw_by_place(codes: Tensor, key: Key) -> Draw:
    """Draw errors that depend on where a cell is in its matrix: weights, which are written once."""

    def draw(which: Key) -> Tensor:
        source = generator(("program", *key, *which))
        return torch.randn(codes.shape, generator=source, dtype=torch.float32).to(codes.device)

    return draw


def draw_by_content(tokens: Tensor, key: Key) -> Draw:
    """Draw errors `[..., tokens, d]` that depend on what is written: activations, whose place is not known.

    A token keeps its errors while a cache grows around it and in any batch; the price is that two equal tokens
    stray equally.
    """
    marks = fingerprints(tokens)
    return lambda which: normal_rows(marks, [("program", *key, *which)], tokens.shape[-1])
