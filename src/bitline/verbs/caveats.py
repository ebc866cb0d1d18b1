"""What a reader of an estimate has to know: assumptions that carry weight, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bitline.hardware.chip import Chip
from bitline.hardware.figure import Figure
from bitline.mapping.plan import Holdings, Seat
from bitline.mapping.storage import CacheHome
from bitline.operators import Gather, MatMul, Workload
from bitline.timeline.bill import over_steps
from bitline.timeline.step import Timing
from bitline.timeline.work import work_of
from bitline.verbs.outcome import ComponentCost

MUCH = 0.1
"""Share of the energy from which an assumption is worth a sentence."""


def caveats(
    chip: Chip, holdings: Holdings, home: CacheHome | None, first: Workload, prefill: Timing,
    parts: tuple[ComponentCost, ...], figures: Mapping[str, Figure],
) -> tuple[str, ...]:  # fmt: skip
    """List the warnings of an estimate."""
    return (
        *_assumed(chip, parts, figures),
        *_unmasked(chip, prefill),
        *_reloads(holdings),
        *_homeless(chip, home, first, prefill),
    )


def _assumed(chip: Chip, parts: tuple[ComponentCost, ...], figures: Mapping[str, Figure]) -> list[str]:
    total = sum(part.energy_j + part.leakage_j for part in parts)
    found = []
    for part in parts:
        for energy_j, field in ((part.energy_j, "energy_j"), (part.leakage_j, "leakage_w")):
            if energy_j <= MUCH * total:
                continue
            figure = figures[f"{part.name}.{field}"]
            reason = figure.source if figure.origin == "assumed" else _assumption(chip, part)
            if reason:
                what = "leakage" if field == "leakage_w" else "use"
                found.append(f"{energy_j / total:.0%} of the energy, {what} of {part.name}, is assumed: {reason}")
    return found


def _assumption(chip: Chip, part: ComponentCost) -> str | None:
    """Find what the description assumes about a part or anything above it."""
    kind, _, rest = part.name.partition(".")
    path = f"engines.{part.name}" if part.engine else f"memories.{rest}" if kind == "memory" else f"links.{rest}"
    for field, reason in chip.provenance.assumptions.items():
        if path == field or path.startswith(f"{field}.") or field.startswith(f"{path}."):
            return f"{field}: {reason}"
    return None


def _unmasked(chip: Chip, prefill: Timing) -> list[str]:
    """Compare the uses with those that no mask would need: equal means that masked products are computed."""
    for layer in prefill.layers:
        for bill in layer.bills:
            operator = bill.seat.operator
            if not isinstance(operator, MatMul) or over_steps(operator.masked_fraction, 1) <= MUCH:
                continue
            engine = chip.engines[bill.seat.engine]
            unmasked = work_of(engine, replace(operator, masked_fraction=0.0), bill.seat.copies)
            masked = work_of(engine, operator, bill.seat.copies)
            if all(over_steps(use.total, 1) <= over_steps(masked.stream[name].total, 1)
                   for name, use in unmasked.stream.items()):  # fmt: skip
                return [
                    f"engine {bill.seat.engine!r} computes attention products that the mask throws away "
                    f"({over_steps(operator.masked_fraction, 1):.0%} of {operator.name!r} in the prefill)."
                ]
    return []


def _reloads(holdings: Holdings) -> list[str]:
    found = []
    for engine in holdings.room:
        mine = [h for h in holdings.on_units.values() if h.engine == engine]
        away = sum(h.weights * (h.layers - h.resident_layers) for h in mine)
        share = away / sum(h.weights * h.layers for h in mine)
        found.append(
            f"engine {engine!r} is too small: {away:,} weights ({share:.0%} of its own) are rewritten per step."
        )
    return found


def _homeless(chip: Chip, home: CacheHome | None, first: Workload, prefill: Timing) -> list[str]:
    found = []
    engines = {bill.seat.operator.name: bill.seat.engine for layer in prefill.layers for bill in layer.bills}
    tables = [
        operator.name
        for block in first.blocks
        for operator in block.operators
        if isinstance(operator, Gather) and operator.held and chip.engines[engines[operator.name]].memory is None
    ]
    if tables:
        found.append(f"tables in no memory of the description, so their place is not counted: {', '.join(tables)}.")
    if home and home.memory is None and not _stay(prefill):
        found.append("keys and values are kept in no memory of the description: their place is not counted.")
    return found


def _stay(prefill: Timing) -> bool:
    """Whether keys and values stay on the units that use them."""
    seats: list[Seat] = [bill.seat for layer in prefill.layers for bill in layer.bills]
    return any(seat.own and isinstance(seat.operator, MatMul) and seat.operator.stationary == "cache" for seat in seats)
