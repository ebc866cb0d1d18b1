"""Cells as they are when they are read: programming, drift, heat, faults, and what read noise leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Cell
from bitline.hardware.drift import effective_seconds
from bitline.numerics.chance import Key
from bitline.numerics.devices.age import NEW, Age
from bitline.numerics.devices.bounds import (
    constant_variance,
    frozen,
    is_ideal,
    reach,
    reads_noisily,
    variance_reach,
)
from bitline.numerics.devices.deviation import deviations
from bitline.numerics.devices.draw import Draw, InTurn, of_outputs
from bitline.numerics.devices.drifting import aged
from bitline.numerics.devices.stuck import with_faults
from bitline.numerics.devices.tails import clipped_normal_moments, cut
from bitline.numerics.devices.wear import disturbed
from bitline.numerics.devices.window import Window
from bitline.numerics.devices.writing import written

_CHUNK = 1 << 17
"""Cells worked on at a time: few enough for the caches."""


@final
@dataclass(frozen=True, slots=True)
class Programmed:
    """What reading finds, in levels of the slice above g_min."""

    level: Tensor
    """Mean of each cell over reads, float32 in the shape of what was asked for; no smaller than `-off_level` and, up
    or down, no larger than `reach`."""
    variance: Tensor | float | None
    """Of one read, in squared levels: of each cell, of all alike, or None if reads are noiseless."""


def programmed(
    level: Tensor, bits: int, cell: Cell, draw: Draw, which: Key, age: Age = NEW, *, first: int = 0
) -> Programmed:
    """Program levels `[..., n, k]` of a slice of `bits` bits, whole numbers in 0 .. 2**bits - 1, and let them age.

    What is drawn does not depend on the age: two ages show the same cells, earlier and later. `level` is not changed;
    it begins at output `first`.
    """
    constant = constant_variance(cell, bits, age)
    if is_ideal(cell, age) and (constant is not None or not reads_noisily(cell)):
        return Programmed(level.to(torch.float32), constant)
    means = torch.empty(level.shape, dtype=torch.float32, device=level.device)
    variances = torch.empty_like(means) if reads_noisily(cell) else None
    drawn: dict[Key, InTurn] = {}
    bounds = (reach(cell, bits), variance_reach(cell, bits, age))
    rows = max(1, _CHUNK * level.shape[-2] // max(1, level.numel()))
    for start in range(0, level.shape[-2], rows):
        part = slice(start, start + rows)
        chunk = _Chunk(level[..., part, :].contiguous(), Window(cell, bits), which, first + start, bounds)
        mean, variance = _read(chunk, of_outputs(draw, drawn, part), age)
        means[..., part, :] = mean
        if variances is not None and variance is not None:
            variances[..., part, :] = variance
    return Programmed(means, variances)


@final
@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some outputs of a matrix, few enough for the caches."""

    level: Tensor
    window: Window
    which: Key
    start: int
    bounds: tuple[float, float]
    """Of levels, up or down, and of variances."""

    def within(self, level: Tensor) -> Tensor:
        """Keep levels above g_min to their bounds, in place."""
        return level.clamp_(-min(self.bounds[0], self.window.off), self.bounds[0])


def _read(chunk: _Chunk, draw: Draw, age: Age) -> tuple[Tensor, Tensor | None]:
    """Give mean and variance of reading some cells, in levels above g_min."""
    level, window, which, cell = chunk.level, chunk.window, chunk.which, chunk.window.cell
    drifting = replace(age, seconds=effective_seconds(cell.temperature, age.seconds, age.kelvin))
    new = written(level, window, draw, which, drifting.seconds)
    first = new.clone() if _remembers(cell) else new
    now = aged(new, level, window, draw, which, drifting)
    if age.reads and cell.read_disturb is not None:
        now = disturbed(now.sub_(window.off), window.bits, cell, age.reads).add_(window.off)
    now = with_faults(now, window, draw, which, chunk.start)
    if frozen(cell) is not None:
        now = stored_read(now, first, window, draw((*which, "read", 0)), age)
    if not reads_noisily(cell) or cell.read_noise is None:
        return chunk.within(now.sub_(window.off)), None
    sigma = _read_sigma(now, first, window, age)
    mean, variance = clipped_normal_moments(now, sigma, cell.read_noise)
    return chunk.within(mean.sub_(window.off)), variance.clamp_(max=chunk.bounds[1])


def stored_read(now: Tensor, first: Tensor, window: Window, z: Tensor, age: Age) -> Tensor:
    """Read cells once, with the standard normal numbers `z`; conductances in levels counted from no conductance.

    `first` is what they had before any drift.
    """
    noise = window.cell.read_noise
    if noise is None:
        return now
    return _read_sigma(now, first, window, age).mul_(cut(z, noise)).add_(now).clamp_(min=0.0)


def _read_sigma(now: Tensor, first: Tensor, window: Window, age: Age) -> Tensor:
    noise = window.cell.read_noise
    assert noise is not None
    present = now / window.full
    before = first / window.full if first is not now else present
    return deviations(noise, window.cell, present, before, age.seconds).mul_(window.full)


def _remembers(cell: Cell) -> bool:
    return cell.read_noise is not None and cell.read_noise.law_of == "programmed"
