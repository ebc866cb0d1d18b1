"""Wires folded into conductances: with linear cells, sensed currents are a matrix times the voltages of the drivers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from bitline.errors import not_one_of, wrong_type
from bitline.numerics.wires.coarse import lumped
from bitline.numerics.wires.exact import joined
from bitline.numerics.wires.ladder import ladders
from bitline.numerics.wires.lines import Lines
from bitline.numerics.wires.network import Wires

Method: TypeAlias = Literal["exact", "coarse", "ladder"]

METHODS: dict[str, Callable[[Tensor, Lines], Tensor]] = {"exact": joined, "coarse": lumped, "ladder": ladders}
CELLS_AT_ONCE = 1 << 20
"""Bounds the memory in use; fewer would leave too little work for each operation."""


def effective_conductance(
    cells_siemens: Tensor, wires: Wires, method: Method = "exact", *, ahead: int = 0, behind: int = 0
) -> Tensor:
    """Fold the wires into cells `[..., outputs, inputs]`: G_eff in the same shape, with I = G_eff V.

    `exact` answers in float64; the others in float32 if the cells are. Output lines also pass `ahead` rows of open
    cells before the first input and `behind` after the last.
    Raises `ConfigError` if a conductance is negative or not finite, or for an unknown method.
    """
    paths = _paths(cells_siemens, wires, method)
    if wires.ideal:
        return paths
    lines = wires.lines(*paths.shape[-2:], ahead=ahead, behind=behind)
    return _in_parts(paths, lines, method)


def interleaved_conductance(
    positive_siemens: Tensor,
    negative_siemens: Tensor,
    wires: Wires,
    method: Method = "exact",
    *,
    ahead: int = 0,
    behind: int = 0,
) -> Tensor:
    """Fold the wires into pairs `[..., outputs, inputs]` that share output lines: signed G_eff in the same shape.

    Input lines come in pairs too, at +V and -V, and currents cancel at once: an array of twice the inputs whose output
    segments within a pair have no resistance. Else as `effective_conductance`; conductances that do not pair up
    are refused as well.
    """
    if positive_siemens.shape != negative_siemens.shape:
        wanted = f"the shape of its partner {tuple(positive_siemens.shape)}"
        raise wrong_type("negative_siemens", tuple(negative_siemens.shape), wanted)
    pairs = torch.stack((positive_siemens, negative_siemens), dim=-1)
    paths = _paths(pairs.flatten(-2), wires, method)
    if not wires.ideal:
        lines = wires.lines(*positive_siemens.shape[-2:], ahead=ahead, behind=behind, interleaved=True)
        paths = _in_parts(paths, lines, method)
    return paths[..., 0::2] - paths[..., 1::2]


def _paths(cells_siemens: Tensor, wires: Wires, method: str) -> Tensor:
    if method not in METHODS:
        raise not_one_of("method", method, METHODS)
    narrow = method != "exact" and cells_siemens.dtype == torch.float32
    return wires.paths_siemens(cells_siemens, torch.float32 if narrow else torch.float64)


def _in_parts(paths_siemens: Tensor, lines: Lines, method: str) -> Tensor:
    arrays = paths_siemens.reshape(-1, *paths_siemens.shape[-2:])
    folded = torch.empty_like(arrays)
    at_once = max(1, CELLS_AT_ONCE // arrays[0].numel())
    for start in range(0, len(arrays), at_once):
        folded[start : start + at_once] = METHODS[method](arrays[start : start + at_once], lines)
    return folded.reshape(paths_siemens.shape)
