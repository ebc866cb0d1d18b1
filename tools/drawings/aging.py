"""Programming error, drift and read noise of the cells of the part library."""

from __future__ import annotations

from dataclasses import replace

import torch
from matplotlib.axes import Axes

from bitline.hardware import Cell, Correction
from bitline.numerics import Age
from bitline.numerics.devices import clipped_normal_moments, conductance_statistics, off_level, programmed
from drawings.layer import analog, drawing, error, made, part
from drawings.style import Panels, line, named, points

YEAR_S = 365.25 * 86400.0
PCM = {"pcm-joshi": "25 µS polynomial", "pcm-hermes": "64 cores, two devices", "pcm-hermes-single": "64 cores, one"}
OTHERS = {"reram-wan": "ReRAM, Wan", "reram-milo": "ReRAM, Milo", "reram-cmo": "ReRAM, CMO",
          "flash-sonos": "SONOS flash", "mram-samsung": "MRAM"}  # fmt: skip


def programming(panels: Panels) -> None:
    """Draw standard deviation against target: what the description says, and what 4000 cells a state show."""
    for axes, parts, title in zip(panels, (PCM, OTHERS), ("Phase change", "Others, as new"), strict=True):
        for number, (name, label) in enumerate(parts.items()):
            _programming(axes, part(name), number, label)
        named(axes, title, "meant conductance / g_max", "standard deviation / g_max (%)", loc="upper left", ncols=2)
        axes.set_ylim(0.0, 13.0 if axes is panels[0] else 10.5)


def _programming(axes: Axes, cell: Cell, number: int, label: str) -> None:
    top = cell.g_max_siemens or 1.0
    floor = 0.0 if cell.on_off_ratio is None else 1.0 / cell.on_off_ratio
    target = torch.linspace(floor, 1.0, 2 if cell.bits == 1 else 97, dtype=torch.float64)
    sigma = conductance_statistics(cell, target * top).programming_siemens / top
    line(axes, target, 100.0 * sigma, number=number, label=label)
    levels = torch.arange(0, 1 << cell.bits, max(1, (1 << cell.bits) // 8)).repeat(4000, 1)
    found = programmed(levels, cell.bits, replace(cell, read_noise=None), drawing(tuple(levels.shape)), ("cell",))
    full = (1 << cell.bits) - 1 + off_level(cell, cell.bits)
    points(axes, (levels[0] + full - ((1 << cell.bits) - 1)) / full, 100.0 * found.level.std(dim=0) / full,
           number=number)  # fmt: skip


def drift(panels: Panels) -> None:
    """Draw what is left of conductances with time, and what a layer's outputs lose with and without compensation."""
    left, right = panels
    seconds = torch.logspace(0, 8.5, 50)
    for number, (name, share) in enumerate((("pcm-joshi", 1.0), ("pcm-joshi", 0.1), ("reram-cmo", 0.5),
                                            ("flash-sonos", 0.5))):  # fmt: skip
        cell = part(name)
        target = torch.tensor([share * (cell.g_max_siemens or 1.0)], dtype=torch.float64)
        kept = [conductance_statistics(cell, target, Age(seconds=float(s))).mean_siemens / target for s in seconds]
        line(left, seconds, 100.0 * torch.cat(kept), number=number, label=f"{name}, {share:g} g_max")
    left.set_xscale("log")
    named(left, "Mean conductance", "time since programming (s)", "of the conductance meant (%)")
    ages = [Age(), *(Age(seconds=float(s)) for s in torch.logspace(1, 8.5, 12))]
    for number, way in enumerate(("none", "global", "column")):
        cell = replace(part("pcm-joshi"), read_noise=None)
        held = made(analog(cell=cell, correction=Correction(drift=way)))
        found = [error(held, age=age) for age in ages]
        line(right, [max(1.0, age.seconds) for age in ages], found, number=number, label=f"drift: {way}", marker="o")
    right.set_xscale("log")
    named(right, "Outputs of a layer on pcm-joshi", "time since programming (s)", "error of outputs (%)")
    right.set_ylim(0.0)


def read_noise(panels: Panels) -> None:
    """Draw the noise of one read at two ages; mean and deviation of reads of cells that are nearly off."""
    left, right = panels
    shown = (("pcm-joshi", 0), ("pcm-hermes", 1), ("reram-cmo", 2), ("flash-sonos", 3))
    for name, number in shown:
        cell = part(name)
        top = cell.g_max_siemens or 1.0
        target = torch.linspace(1.0 / (cell.on_off_ratio or 100.0), 1.0, 60, dtype=torch.float64)
        for seconds, width in ((0.0, 1.0), (YEAR_S, 2.2)):
            if seconds and (cell.read_noise is None or cell.read_noise.flicker is None):
                continue
            sigma = conductance_statistics(cell, target * top, Age(seconds=seconds)).read_siemens / top
            line(left, target, 100.0 * sigma, number=number, label=None if seconds else name, linewidth=width)
    named(left, "One read: as new (thin), a year old (thick)", "meant conductance / g_max",
          "standard deviation / g_max (%)")  # fmt: skip
    left.set_ylim(0.0)
    height = torch.linspace(0.0, 3.0, 61, dtype=torch.float64)
    mean, variance = clipped_normal_moments(height, 1.0)
    line(right, height, mean - height, number=0, label="mean read, less the true mean")
    line(right, height, variance.sqrt(), number=1, label="standard deviation of reads")
    some = height[::6]
    reads = (some + torch.randn(20000, len(some), generator=torch.Generator().manual_seed(0))).clamp(min=0.0)
    points(right, some, reads.mean(dim=0) - some, number=0)
    points(right, some, reads.std(dim=0), number=1)
    named(right, "Reads are never negative", "conductance / deviation of one read", "in deviations of one read")
