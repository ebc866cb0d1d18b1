"""After how many tokens it matters that reading moves what cells hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bitline.hardware import Analog, Cell, Chip

HALF_A_LEVEL = 0.5
"""From where a cell reads as its neighbouring state."""


def reads_until_wrong(cell: Cell) -> float:
    """Count the reads that move a cell by half the distance of two states; infinite if reading moves nothing."""
    disturb = cell.read_disturb
    if disturb is None or not disturb.shift_fraction:
        return float("inf")
    return disturb.reads * HALF_A_LEVEL / (2.0**cell.bits - 1.0) / disturb.shift_fraction


def disturbed_soonest(chip: Chip) -> list[str]:
    """Say after how many tokens at the earliest, as far as a description tells: every array read in every pulse."""
    found = []
    for name, cell, arithmetic in _disturbed(chip):
        reads = arithmetic.input.pulses * arithmetic.input.passes
        tokens = reads_until_wrong(cell) / reads
        found.append(
            f"reading disturbs the cells of engine {name!r}: half a level is reached after {tokens:,.0f} tokens at the "
            f"earliest ({reads} reads a token). Data that were watched tell more: ask for the activity."
        )
    return found


def disturbed_after(chip: Chip, reads_per_token: Mapping[str, float]) -> list[str]:
    """Say after how many tokens, from the reads a token that were measured of each engine's most read cells."""
    found = []
    for name, cell, _ in _disturbed(chip):
        reads = reads_per_token.get(name, 0.0)
        if reads:
            tokens = reads_until_wrong(cell) / reads
            found.append(
                f"reading disturbs the cells of engine {name!r}: on this text the most read of them are read "
                f"{reads:.3g} times a token, and have moved by half a level after {tokens:,.0f} tokens. "
                f"age(model, reads = ...) shows what that does."
            )
    return found


def _disturbed(chip: Chip) -> Iterable[tuple[str, Cell, Analog]]:
    for name, engine in chip.engines.items():
        arithmetic = engine.arithmetic()
        if isinstance(arithmetic, Analog) and reads_until_wrong(arithmetic.cell) < float("inf"):
            yield name, arithmetic.cell, arithmetic
