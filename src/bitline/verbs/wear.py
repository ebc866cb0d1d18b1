"""How long cells last that are written while a model runs."""

from __future__ import annotations

from collections.abc import Mapping

from bitline.hardware.arithmetic import Analog
from bitline.hardware.chip import Chip
from bitline.mapping.plan import Holdings, Seat
from bitline.operators import MatMul
from bitline.timeline.bill import over_steps
from bitline.timeline.step import Timing
from bitline.verbs.outcome import PhaseName


def lifetimes(chip: Chip, holdings: Holdings, timings: Mapping[PhaseName, Timing], total_s: float) -> dict[str, float]:
    """Give the seconds until the mean cell has had its writes, by engine; engines that never wear are left out.

    The request is taken to be repeated without a pause. Weights that come and go wear the room kept for them, keys
    and values the whole engine (evenly: whoever runs it moves them about), once per request where they stay.
    """
    endured = {name: limit for name in chip.engines if (limit := _endurance(chip, name)) is not None}
    writes: dict[str, float] = {}
    last = list(timings)[-1]
    for phase, timing in timings.items():
        for layer in timing.layers:
            for bill in layer.bills:
                seat = bill.seat
                if seat.engine not in endured or (seat.own and phase != last):
                    continue
                per_cell = _written(seat, chip, holdings, timing.time_s.size) * layer.layers * timing.passes
                if per_cell:
                    writes[seat.engine] = writes.get(seat.engine, 0.0) + per_cell
    return {name: endured[name] / count * total_s for name, count in writes.items()}


def _written(seat: Seat, chip: Chip, holdings: Holdings, steps: int) -> float:
    """Give the writes of the mean cell for one layer: of a room for weights, or of an engine of keys and values."""
    if seat.rewritten:
        return steps * seat.units / holdings.room[seat.engine]
    operator, engine = seat.operator, chip.engines[seat.engine]
    if not isinstance(operator, MatMul) or operator.stationary != "cache" or not engine.units:
        return 0.0
    # What stays is written once. What does not grows with the context, and may fill the units several times a step.
    filled = seat.units if seat.own else over_steps(engine.claim(operator) * operator.matrices, steps)
    return filled / (engine.units * chip.devices.pipeline)


def _endurance(chip: Chip, engine: str) -> float | None:
    arithmetic = chip.engines[engine].arithmetic()
    return arithmetic.cell.endurance_writes if isinstance(arithmetic, Analog) else None
