"""Decoding in the banks of a DRAM: what rows are opened for, and joules of a step."""

from __future__ import annotations

from bitline.engines.dram_pim import DramPim
from bitline.hardware import Chip
from bitline.verbs.estimate import estimate
from bitline.verbs.outcome import Estimate
from bitline.verbs.request import Request
from bitline.workload import Model


def row_hit_fraction(*, chip: Chip, model: Model, context: int) -> float:
    """Columns that are multiplied without opening a row first, of all columns in a decode step."""
    columns = _uses(chip, model, context, "column")
    return 1.0 - _uses(chip, model, context, "row") / columns


def step_energy_gain(*, chip: Chip, against: Chip, model: Model, context: int) -> float:
    """Our energy of a decode step on the baseline over that on the chip, standing power included."""
    return _energy_j(against, model, context) / _energy_j(chip, model, context)


def _energy_j(chip: Chip, model: Model, context: int) -> float:
    return next(phase.energy_j for phase in _step(chip, model, context).phases if phase.name == "decode")


def _uses(chip: Chip, model: Model, context: int, part: str) -> float:
    names = {f"{name}.{part}" for name, engine in chip.engines.items() if isinstance(engine, DramPim)}
    layers = next(phase for phase in _step(chip, model, context).phases if phase.name == "decode").timing.layers
    return sum(
        uses * one.layers
        for one in layers
        for bill in one.bills
        for price, uses in bill.uses.items()
        if price.name in names
    )


def _step(chip: Chip, model: Model, context: int) -> Estimate:
    return estimate(model, chip, Request(prompt=context - 1, generate=2))
