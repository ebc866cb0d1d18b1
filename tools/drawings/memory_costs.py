"""Pictures of docs/costs: DRAM by row hits and by source, links on the chip and between chips."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from bitline.costs import dram as standards
from bitline.costs import dram_commands, link, network
from bitline.costs.technology import ends
from bitline.hardware import Figure, Link, Memory, Technology
from bitline.hardware.library import part, part_names
from bitline.hardware.schema import value_of
from drawings.style import COLOURS, Panels, line, named

HITS = np.linspace(0.0, 1.0, 80)
SHOWN = ("gddr6", "lpddr4", "ddr4", "hbm2")
LEVEL_COLOURS = {"device": COLOURS[0], "interface": COLOURS[2], "board": COLOURS[1]}
LENGTHS_M = np.geomspace(1e-4, 1e-2, 60)
AT_22 = Technology(node_nm=22)


def dram(panels: Panels) -> None:
    """Draw energy per bit by the share of row hits, and what sources say of each standard."""
    left, right = panels
    for number, name in enumerate(SHOWN):
        inside = _described("memory", name, Memory, {"capacity_bytes": 1.0}).dram
        swept = dram_commands.bit_energy(replace(inside, row_hit_fraction=HITS), "device", write=False)
        line(left, HITS, swept.typical * 1e12, number=number, label=name)
    left.set(ylim=(0, None))
    named(left, "Reading, device level", "share of row hits", "pJ/bit", loc="upper right")
    rows = [(name, level, known) for name, levels in standards.BIT_J.items() for level, known in levels.items()]
    for i, (_, level, known) in enumerate(reversed(rows)):
        _range(right, i, Figure(known.read_j, "", "modelled", known.low_j, known.high_j), LEVEL_COLOURS[level])
    for level, colour in LEVEL_COLOURS.items():
        right.plot([], [], color=colour, marker="o", label=level)
    names = [name for name, *_ in reversed(rows)]
    marks = [2, 5, 10, 20, 50]
    right.set(xscale="log", yticks=range(len(rows)), yticklabels=names, xticks=marks, xticklabels=marks)
    right.tick_params(axis="y", labelsize=6.5)
    named(right, "What sources say, by level", "pJ/bit", "", loc="lower right")


def links(panels: Panels) -> None:
    """Draw a hop on the chip by its length and node, and the links of the library."""
    left, right = panels
    for number, node_nm in enumerate((65, 28, 7)):
        hop = network.hop_energy(LENGTHS_M, Technology(node_nm=node_nm))
        low, high = ends(hop)
        left.fill_between(LENGTHS_M * 1e3, low * 1e12, high * 1e12, color=COLOURS[number], alpha=0.15, linewidth=0)
        line(left, LENGTHS_M * 1e3, hop.typical * 1e12, number=number, label=f"{node_nm} nm")
    left.set(xscale="log", yscale="log")
    named(left, "A router and the wire behind it", "length, mm", "pJ/bit", loc="upper left")
    found = [(name, _described("link", name, Link, {"between": ["a", "b"]})) for name in part_names("link")]
    found.sort(key=lambda pair: -link.bit_energy(pair[1], AT_22).typical)
    kinds = {"on_chip": COLOURS[0], "on_package": COLOURS[2], "off_chip": COLOURS[1]}
    for i, (_, described) in enumerate(found):
        _range(right, i, link.bit_energy(described, AT_22), kinds[described.kind])
    for kind, colour in kinds.items():
        right.plot([], [], color=colour, marker="o", label=kind.replace("_", " "))
    right.set(xscale="log", yticks=range(len(found)), yticklabels=[name for name, _ in found])
    right.tick_params(axis="y", labelsize=7.5)
    named(right, "Links of the library", "pJ/bit", "", loc="upper right")


def _range(axes: Axes, at: int, figure: Figure, colour: str) -> None:
    low, high = ends(figure)
    axes.plot([low * 1e12, high * 1e12], [at, at], color=colour, linewidth=1.6)
    axes.plot([figure.typical * 1e12], [at], color=colour, marker="o", linestyle="none")


def _described(folder: str, name: str, block: type, filling: dict[str, object]) -> Any:
    value, problems = value_of(block, filling | dict(part(folder, name).fields.tree))
    assert not problems
    return value
