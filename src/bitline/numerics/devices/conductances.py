"""Weights as conductances: on pairs of cells of which one rests at g_min, and on single cells with an offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.errors import outside, wrong_type

_LEAST_WEIGHT = 1e-7
"""A matrix of zeros is mapped as if its largest weight were this (aihwkit)."""


@final
@dataclass(frozen=True, slots=True)
class Pairs:
    """Weights on pairs of cells; weight = sum of factor (plus - minus) over the pairs, by scale_siemens."""

    plus_siemens: tuple[Tensor, ...]
    minus_siemens: tuple[Tensor, ...]
    factors: tuple[float, ...]
    scale_siemens: float
    """Conductance of a weight of 1."""

    @property
    def weights(self) -> Tensor:
        """What the conductances stand for."""
        sums = zip(self.factors, self.plus_siemens, self.minus_siemens, strict=True)
        return sum((f * (plus - minus) for f, plus, minus in sums), torch.zeros(())) / self.scale_siemens


def on_pairs(
    weights: Tensor, *, g_max_siemens: float, g_min_siemens: float = 0.0, factors: tuple[float, ...] = (1.0,)
) -> Pairs:
    """Map weights `[...]` to pairs of cells whose currents count `factors` times, lowest significance first.

    The largest weight takes the whole range of all pairs; a higher pair is used only beyond the full range of those
    below it. Raises `ConfigError` for a range or a factor that is not positive.
    """
    width = _width(g_max_siemens, g_min_siemens)
    if not factors or min(factors) <= 0:
        raise wrong_type("factors", factors, "one or more numbers greater than 0")
    largest = weights.abs().max().clamp(min=_LEAST_WEIGHT)
    scale = sum(factors) * width / float(largest)
    plus: list[Tensor] = []
    minus: list[Tensor] = []
    used = 0.0
    for factor in factors:
        for sign, cells in ((1.0, plus), (-1.0, minus)):
            part = (weights * (sign * scale)).clamp_(min=0.0).sub_(used).div_(factor)
            cells.append(part.clamp_(0.0, width).add_(g_min_siemens))
        used += factor * width
    return Pairs(tuple(plus), tuple(minus), tuple(factors), scale)


def single_pair(weights: Tensor, g_max_siemens: float, g_min_siemens: float = 0.0) -> tuple[Tensor, Tensor, float]:
    """Map weights to one pair of cells each: plus and minus in siemens, and the conductance of a weight of 1."""
    pairs = on_pairs(weights, g_max_siemens=g_max_siemens, g_min_siemens=g_min_siemens)
    return pairs.plus_siemens[0], pairs.minus_siemens[0], pairs.scale_siemens


def on_single_cells(weights: Tensor, g_max_siemens: float, g_min_siemens: float = 0.0) -> tuple[Tensor, float, float]:
    """Map weights to one cell each, the smallest to g_min and the largest to g_max.

    Gives conductances, the conductance of a weight of 1, and the weight at g_min.
    """
    width = _width(g_max_siemens, g_min_siemens)
    low, high = float(weights.min()), float(weights.max())
    scale = width / max(high - low, _LEAST_WEIGHT)
    return (weights - low).mul_(scale).add_(g_min_siemens), scale, low


def _width(g_max_siemens: float, g_min_siemens: float) -> float:
    if not 0.0 <= g_min_siemens < g_max_siemens:
        raise outside("g_min_siemens", g_min_siemens, 0.0, g_max_siemens, "S")
    return g_max_siemens - g_min_siemens
