"""What a chip is, as tables: engines with their capacity, and area and power by part."""

from __future__ import annotations

from collections.abc import Iterator

from bitline.hardware import Chip, ChipOverview, EngineOverview, Memory, PartShare
from bitline.hardware.overview import SHARED
from bitline.report.grid import Grid, left, remark, right
from bitline.report.units import area, count, quantity, share

HELD = "4, 8, ... bits: weights of so many bits held at once, in matrices that fill whole arrays."
MOST_PRECISIONS = 3
"""With so many, engines are listed without their kind, for which there is no room."""


def capacity(chip: ChipOverview) -> Grid:
    """Arrays, weights held at each precision, and peak."""
    widths = sorted({bits for engine in chip.engines for bits in engine.weights_by_bits})
    kinds = len(widths) < MOST_PRECISIONS
    rows = tuple(
        (
            engine.name, *([engine.kind] if kinds else []), f"{engine.arrays:,}" if engine.arrays else "",
            *(_held(engine, bits) for bits in widths),
            quantity(engine.peak_operations_per_s, "OPS") if engine.peak_operations_per_s else "",
            area(engine.area_m2), share(engine.area_m2 / chip.area_m2) if chip.area_m2 else "",
        )
        for engine in chip.engines
    )  # fmt: skip
    return Grid(
        title="Engines",
        columns=(
            left("engine"), *([left("kind")] if kinds else []), right("arrays"),
            *(right("1 bit" if bits == 1 else f"{bits} bits") for bits in widths),
            right("peak, dense"), right("area"), right("share"),
        ),
        rows=rows,
        note=HELD if widths else "",
    )  # fmt: skip


def memories(chip: Chip, seen: ChipOverview) -> Grid:
    """Room, bandwidth and energy of every memory; equal ones side by side are counted together."""
    priced = {part.name.removeprefix(SHARED): part for part in seen.memories}
    return Grid(
        title="Memories",
        columns=(
            left("memory"), left("kind"), right("room"), right("bandwidth"), right("a bit read"), right("area"),
            right("leakage"),
        ),
        rows=tuple((name, *_memory(one, priced.get(name))) for name, one in chip.memories.items()),
        note="A bit read: opening its row included, and whatever the energies of the memory count.",
    )  # fmt: skip


def parts(chip: ChipOverview) -> Grid:
    """Area and power of every part that has either."""
    return Grid(
        title="Parts",
        columns=(
            left("part"), right("instances"), right("area"), right("share"), right("busy"), right("leakage"),
        ),
        rows=tuple(row for engine in chip.engines for row in _parts(engine, chip.area_m2)),
        note="Busy: the power with every instance at work without pause, which no schedule reaches.",
    )  # fmt: skip


def sources(chip: ChipOverview) -> Grid:
    """Say where the energy of each part is from; parts of one source stand together."""
    found: dict[str, list[str]] = {}
    for engine in chip.engines:
        for part in engine.parts:
            found.setdefault(part.source, []).append(f"{engine.name}.{part.name}")
    for part in chip.memories:
        found.setdefault(part.source, []).append(part.name)
    rows = tuple((source, ", ".join(names)) for source, names in found.items())
    return Grid(title="Where energies are from", columns=(remark("source"), remark("parts")), rows=rows)


def _parts(engine: EngineOverview, chip_m2: float) -> Iterator[tuple[str, ...]]:
    for part in engine.parts:
        if part.area_m2 or part.busy_w or part.leakage_w:
            yield (
                f"{engine.name}.{part.name}", f"{part.instances:,}", area(part.area_m2) if part.area_m2 else "",
                share(part.area_m2 / chip_m2) if part.area_m2 else "",
                quantity(part.busy_w, "W") if part.busy_w else "",
                quantity(part.leakage_w, "W") if part.leakage_w else "",
            )  # fmt: skip


def _memory(one: Memory, part: PartShare | None) -> tuple[str, ...]:
    speed = one.bandwidth_bytes_per_s
    return (
        (one.standard or one.kind) + (f" × {one.count}" if one.count > 1 else ""),
        quantity(one.capacity_bytes * one.count, "B"),
        quantity(speed * one.count, "B/s") if speed else "",
        quantity(part.energy_j, "J") if part and part.energy_j else "",
        area(part.area_m2) if part and part.area_m2 else "",
        quantity(part.leakage_w, "W") if part and part.leakage_w else "",
    )


def _held(engine: EngineOverview, bits: int) -> str:
    return count(engine.weights_by_bits[bits]) if bits in engine.weights_by_bits else ""
