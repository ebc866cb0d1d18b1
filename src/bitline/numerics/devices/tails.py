"""Normal numbers whose tails are cut, and what is left of normal noise where conductance cannot fall below zero.

Every number is made of one standard normal number z by its tail P(|Z| > |z|), so that the cell keeps its place in
whatever distribution it has.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bitline.hardware import Spread

_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)


def cut(z: Tensor, spread: Spread) -> Tensor:
    """Cut the tails of standard normal numbers as the spread says."""
    within = spread.within_sigmas
    if within is None:
        return z
    if spread.tails == "clipped":
        return z.clamp(-within, within)
    beyond = math.erfc(within / math.sqrt(2.0))
    return _of_tail(z, beyond + (1.0 - beyond) * _tail(z))


def verified(z: Tensor, tolerance_sigmas: Tensor, most_pulses: int | None) -> Tensor:
    """Give the error, in deviations of one pulse, that verification leaves.

    With the chance q = (1 - p)**N all of N pulses missed and the last one stays, beyond the tolerance; otherwise the
    error is a normal number within it. (The distribution of repeated draws, in one draw.)
    """
    missed = 2.0 * torch.special.ndtr(-tolerance_sigmas)
    mark = _tail(z)
    if most_pulses is None:
        return _of_tail(z, missed + (1.0 - missed) * mark)
    never = missed**most_pulses
    inside = missed + (1.0 - missed) * ((mark - never) / (1.0 - never).clamp(min=1e-12)).clamp(0.0, 1.0)
    outside = missed * mark / never.clamp(min=1e-30)
    return _of_tail(z, torch.where(mark < never, outside, inside))


def clipped_normal_moments(mean: Tensor, sigma: Tensor | float, spread: Spread | None = None) -> tuple[Tensor, Tensor]:
    """Give mean and variance of max(0, N(mean, sigma**2)), `mean` >= 0; of a spread with cut tails, likewise.

    At mean 0 these are sigma/sqrt(2 pi) and (1/2 - 1/(2 pi)) sigma**2; far above, mean and sigma**2.
    """
    deviation = torch.as_tensor(sigma, dtype=mean.dtype, device=mean.device)
    height = mean / deviation.clamp(min=1e-30)
    first, second = _moments_above(-height, spread)
    variance = (second - first.square()).clamp_(min=0.0).mul_(deviation.square())
    return torch.addcmul(mean, first, deviation), variance


def _moments_above(low: Tensor, spread: Spread | None) -> tuple[Tensor, Tensor]:
    """Give the first two moments of max(low, Z), Z standard normal with its tails cut."""
    within = None if spread is None else spread.within_sigmas
    if within is None:
        below, density = torch.special.ndtr(low), _density(low)
        return density + low * below, (1.0 - below) + low * density + low.square().clamp(max=1e18) * below
    start, end = low.clamp(-within, within), torch.full_like(low, within)
    between = torch.special.ndtr(end) - torch.special.ndtr(start)
    first = _density(start) - _density(end)
    second = between + start * _density(start) - end * _density(end)
    below = torch.special.ndtr(start) - torch.special.ndtr(-end)
    scale = torch.erf(end / math.sqrt(2.0))
    if spread is not None and spread.tails == "redrawn":
        return (first + start * below) / scale, (second + start.square() * below) / scale
    beyond = torch.special.ndtr(-end)
    first = first + end * beyond + start * (below + beyond)
    return first, second + end.square() * beyond + start.square() * (below + beyond)


def _density(x: Tensor) -> Tensor:
    return x.square().mul_(-0.5).exp_().div_(_ROOT_TWO_PI)


def _tail(z: Tensor) -> Tensor:
    half: Tensor = torch.special.ndtr(-z.abs())
    return half.mul_(2.0)


def _of_tail(z: Tensor, tail: Tensor) -> Tensor:
    return torch.copysign(-torch.special.ndtri(0.5 * tail), z)
