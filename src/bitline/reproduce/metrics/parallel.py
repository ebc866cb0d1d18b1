"""Decoding on devices that share a model: a layer by engine, exchanges between devices, and each token of full stages.

`context` counts the tokens that a step looks back on, its own included.
"""

from __future__ import annotations

from bitline.hardware import Chip
from bitline.operators import largest
from bitline.verbs.estimate import estimate
from bitline.verbs.layer_costs import LayerCost, layer_costs
from bitline.verbs.outcome import PhaseCost
from bitline.verbs.request import Request
from bitline.workload import Model

EXCHANGES = ("all_reduce", "all_gather", "all_to_all", "hand_over")
"""Roles of what devices pass to each other."""


def layer_engine_s(
    *, chip: Chip, model: Model, context: int, engine: str, batch: int = 1, block: str = "layers"
) -> float:
    """Time of one layer's operators that one engine runs, one after another."""
    rows = _rows(chip, model, context, batch, block)
    return sum(largest(row.time_s) for row in rows if row.engine == engine and row.role not in EXCHANGES)


def layer_engine_saved_s(
    *, chip: Chip, against: Chip, model: Model, context: int, engine: str, batch: int = 1, block: str = "layers"
) -> float:
    """Time of one engine for a layer that the baseline does not take: what its more devices share."""
    ours_s, theirs_s = (
        layer_engine_s(chip=one, model=model, context=context, engine=engine, batch=batch, block=block)
        for one in (chip, against)
    )
    return ours_s - theirs_s


def exchange_s(*, chip: Chip, model: Model, context: int, batch: int = 1, block: str = "layers") -> float:
    """Time of one layer's exchanges between devices; of one way to the next stage in the block `stages`."""
    rows = _rows(chip, model, context, batch, block)
    return sum(largest(row.time_s) for row in rows if row.role in EXCHANGES)


def layer_s(*, chip: Chip, model: Model, context: int, batch: int = 1, block: str = "layers") -> float:
    """Time of one layer's operators and exchanges, one after another."""
    return sum(largest(row.time_s) for row in _rows(chip, model, context, batch, block))


def token_energy_j(*, chip: Chip, model: Model, context: int, batch: int = 1) -> float:
    """Energy of a decode step over its tokens, standing power of all devices included."""
    return _decode(chip, model, context, batch).energy_j / batch


def step_power_w(*, chip: Chip, model: Model, context: int, batch: int = 1) -> float:
    """Energy of a decode step over its time."""
    step = _decode(chip, model, context, batch)
    return step.energy_j / step.time_s


def _rows(chip: Chip, model: Model, context: int, batch: int, block: str) -> tuple[LayerCost, ...]:
    rows = layer_costs(model, chip, context=context, batch=batch)
    return tuple(row for row in rows if row.block == block)


def _decode(chip: Chip, model: Model, context: int, batch: int) -> PhaseCost:
    found = estimate(model, chip, Request(prompt=context - 1, generate=2, batch=batch))
    return next(phase for phase in found.phases if phase.name == "decode")
