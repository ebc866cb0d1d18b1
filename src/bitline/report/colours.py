"""One colour per name, the same in every plot of a report."""

from __future__ import annotations

from collections.abc import Iterable

INK = "#1f2a37"
FAINT = "#6b7785"
GRID = "#e4e8ee"
PAPER = "#ffffff"
CHANCE = "#c2571a"
"""For what varies with the seed."""

PALETTE = (
    "#2f6db5", "#d9822b", "#3c8f5a", "#8a5fb0", "#b8433f", "#2a9d9d", "#a8862a", "#c25f97", "#5b7083", "#7a9a2f",
)  # fmt: skip


def colours(names: Iterable[str]) -> dict[str, str]:
    """Give each name its colour, in the order they come."""
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(dict.fromkeys(names))}
