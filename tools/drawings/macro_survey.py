"""The picture of docs/costs/macros.md: macros of a survey, predicted against published, by domain, node and memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bitline.reproduce.survey import Point
from drawings.style import Panels, named, points

NAMES = {
    "digital": "digital", "charge": "charge", "bitline": "bitline", "current": "current",
    "sram": "SRAM", "reram": "ReRAM", "pcm": "PCM", "mram": "MRAM", "flash": "flash",
}  # fmt: skip
SIDE = 0.32
"""How far points of one node are moved apart, at most, as a share of the node."""


def scatter(found: Sequence[Point]) -> Callable[[Panels], None]:
    """Draw one-bit operations per joule, ours over published by domain, and their ratio over the node by memory."""

    def drawing(panels: Panels) -> None:
        left, right = panels
        ends = (3.0, 3e4)
        for factor, dashes in ((1.0, "-"), (0.5, ":"), (2.0, ":")):
            left.plot(ends, [factor * end for end in ends], color="#999999", linewidth=0.8, linestyle=dashes)
            right.axhline(factor, color="#999999", linewidth=0.8, linestyle=dashes)
        for number, domain in enumerate(("digital", "charge", "bitline", "current")):
            chosen = [one for one in found if one.domain == domain]
            published = [_one_bit(one, one.published_ops_per_j) for one in chosen]
            ours = [_one_bit(one, float(one.ours.typical)) for one in chosen]
            points(left, published, ours, number=number, label=NAMES[domain])
        memories = sorted({one.memory for one in found}, key=lambda name: -sum(one.memory == name for one in found))
        for number, memory in enumerate(memories):
            chosen = [one for one in found if one.memory == memory]
            nodes = [one.node_nm * (1.0 + SIDE * (number / len(memories) - 0.5)) for one in chosen]
            points(right, nodes, [one.factor for one in chosen], number=number, label=NAMES[memory])
        for axes in panels:
            axes.set_yscale("log")
            axes.set_xscale("log")
        left.set_xlim(*ends)
        named(left, "One-bit TOPS/W, by domain", "published", "ours", loc="upper left")
        named(right, "Ours over published, by memory", "node (nm)", "factor", loc="upper right")
        right.set_xticks([7, 16, 28, 65, 130], ["7", "16", "28", "65", "130"])

    return drawing


def _one_bit(point: Point, ops_per_j: float) -> float:
    return ops_per_j * point.input_bits * point.weight_bits * 1e-12
