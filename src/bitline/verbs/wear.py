"""How long cells last that are written while a model runs."""

from __future__ import annotations

from collections.abc import Mapping

from bitline.hardware.arithmetic import Analog
from bitline.hardware.chip import Chip
from bitline.mapping.plan import Holdings, Seat
from bitline.operators import MatMul
from bitline.timeline.step import Timing
from bitline.verbs.outcome import PhaseName


def lifetimes(chip: Chip, holdings: Holdings, timings: Mapping[PhaseName, Timing], total_s: float) -> dict[str, float]:
    """Give the seconds until the mean cell has had its writes, by engine; engines that never wear are left out.

    The request is taken to be repeated without a pause. Weights that come and go wear the room kept for them, keys
    and values the whole engine (evenly: whoever runs it moves them about).
    """
    writes: dict[str, float] = {}
    for timing in timings.values():
        for layer in timing.layers:
            for bill in layer.bills:
                per_cell = _writes_per_cell(bill.seat, chip, holdings) * layer.layers * timing.time_s.size
                if per_cell:
                    writes[bill.seat.engine] = writes.get(bill.seat.engine, 0.0) + per_cell
    return {
        name: endurance / count * total_s
        for name, count in writes.items()
        if (endurance := _endurance(chip, name)) is not None
    }


def _writes_per_cell(seat: Seat, chip: Chip, holdings: Holdings) -> float:
    """Give the writes of the mean cell for one layer in one step."""
    if seat.rewritten:
        return seat.units / holdings.room[seat.engine]
    operator = seat.operator
    written = isinstance(operator, MatMul) and operator.stationary == "cache" and not seat.own
    units = chip.engines[seat.engine].units
    return seat.units / units if written and units else 0.0


def _endurance(chip: Chip, engine: str) -> float | None:
    arithmetic = chip.engines[engine].arithmetic()
    return arithmetic.cell.endurance_writes if isinstance(arithmetic, Analog) else None
