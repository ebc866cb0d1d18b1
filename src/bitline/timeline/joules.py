"""What a step takes at every context length, where a bill only keeps the sum over the context axis."""

from __future__ import annotations

from collections.abc import Mapping

from bitline.hardware.chip import Chip
from bitline.hardware.engine import Use
from bitline.mapping.plan import Plan, Seat
from bitline.operators import Size
from bitline.timeline.bill import asked
from bitline.timeline.prices import Price, Prices


def seat_j(seat: Seat, chip: Chip, prices: Prices) -> Size:
    """Add up the energy of one operator of one layer, weights written before it included, leakage not."""
    known = prices.uses[seat.engine]
    work, writing = asked(seat, chip)
    total_j = _uses_j(work.setup, known) + _uses_j(work.stream, known)
    if writing is not None:
        total_j = total_j + _uses_j(writing.setup, known) + _uses_j(writing.stream, known)
    return total_j


def plan_j(plan: Plan, chip: Chip, prices: Prices) -> Size:
    """Add up the energy of a step, over all layers; leakage not included."""
    total_j: Size = 0.0
    for block in plan.blocks:
        for seat in block.seats:
            total_j = total_j + seat_j(seat, chip, prices) * block.layers
    return total_j * plan.parts.passes


def plan_ends_j(plan: Plan, chip: Chip, prices: Prices) -> tuple[Size, Size, Size]:
    """Add up the energy of a step at the low end of what is known of its parts, as usual, and at the high end."""
    low_j: Size = 0.0
    typical_j: Size = 0.0
    high_j: Size = 0.0
    for block in plan.blocks:
        for seat in block.seats:
            known = prices.uses[seat.engine]
            work, writing = asked(seat, chip)
            for one in (work,) if writing is None else (work, writing):
                for part, use in (*one.setup.items(), *one.stream.items()):
                    price = known[part]
                    if price.energy_high_j:
                        times = use.total * block.layers
                        low_j = low_j + times * price.energy_low_j
                        typical_j = typical_j + times * price.energy_j
                        high_j = high_j + times * price.energy_high_j
    passes = plan.parts.passes
    return low_j * passes, typical_j * passes, high_j * passes


def _uses_j(uses: Mapping[str, Use], known: Mapping[str, Price]) -> Size:
    total_j: Size = 0.0
    for part, use in uses.items():
        energy_j = known[part].energy_j
        if energy_j:
            total_j = total_j + use.total * energy_j
    return total_j
