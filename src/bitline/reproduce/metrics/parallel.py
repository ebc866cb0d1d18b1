"""Decoding on devices that share a model: one layer by engine, and what each token of a full pipeline takes.

`context` counts the tokens that a step looks back on, its own included.
"""

from __future__ import annotations

from bitline.hardware import Chip
from bitline.operators import largest
from bitline.verbs.layer_costs import LayerCost, layer_costs
from bitline.workload import Model


def layer_engine_s(
    *, chip: Chip, model: Model, context: int, engine: str, batch: int = 1, block: str = "layers"
) -> float:
    """Time of one layer's operators that one engine runs, one after another."""
    rows = layer_costs(model, chip, context=context, batch=batch)
    return sum(largest(row.time_s) for row in _layer(rows, block) if row.engine == engine)


def layer_s(*, chip: Chip, model: Model, context: int, batch: int = 1, block: str = "layers") -> float:
    """Time of one layer's operators, one after another."""
    return sum(largest(row.time_s) for row in _layer(layer_costs(model, chip, context=context, batch=batch), block))


def token_energy_j(*, chip: Chip, model: Model, context: int, batch: int = 1) -> float:
    """Energy of a decode step over its tokens, standing power included."""
    return largest(_step(layer_costs(model, chip, context=context, batch=batch)).energy_j) / batch


def step_power_w(*, chip: Chip, model: Model, context: int, batch: int = 1) -> float:
    """Energy of a decode step over its time."""
    step = _step(layer_costs(model, chip, context=context, batch=batch))
    return largest(step.energy_j) / largest(step.time_s)


def _layer(rows: tuple[LayerCost, ...], block: str) -> tuple[LayerCost, ...]:
    return tuple(row for row in rows if row.block == block)


def _step(rows: tuple[LayerCost, ...]) -> LayerCost:
    return next(row for row in rows if row.kind == "step")
