"""How much energy, where it goes, and how many times less."""

from __future__ import annotations

from collections.abc import Sequence

from bitline.hardware import Chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import Model


def energy_j(*, chip: Chip, model: Model, prompt: int, batch: int = 1) -> float:
    """Energy of the prefill, leakage included."""
    return estimate(model, chip, Request(batch=batch, prompt=prompt)).energy_j


def energy_per_layer_j(*, chip: Chip, model: Model, prompt: int, batch: int = 1, block: str = "layers") -> float:
    """Energy of the operators of one layer, leakage not included."""
    operators = estimate(model, chip, Request(batch=batch, prompt=prompt)).operators
    return sum(operator.energy_j / operator.layers for operator in operators if operator.block == block)


def energy_gain(*, chip: Chip, against: Chip, model: Model, prompt: int, batch: int = 1) -> float:
    """Our energy of the baseline over our energy of the chip."""
    more = energy_j(chip=against, model=model, prompt=prompt, batch=batch)
    return more / energy_j(chip=chip, model=model, prompt=prompt, batch=batch)


def energy_gain_over_printed(*, chip: Chip, against_j: float, model: Model, prompt: int, batch: int = 1) -> float:
    """Divide the energy that was printed for the baseline by our energy of the chip."""
    return against_j / energy_j(chip=chip, model=model, prompt=prompt, batch=batch)


def ops_per_j(*, chip: Chip, model: Model, prompt: int, batch: int = 1) -> float:
    """Dense operations (two per multiply-accumulate) over all energy."""
    return estimate(model, chip, Request(batch=batch, prompt=prompt)).ops_per_j


def energy_share_fraction(
    *, chip: Chip, model: Model, prompt: int, roles: Sequence[str], of: Sequence[str] = (), batch: int = 1
) -> float:
    """Energy of the operators with some roles over that of the roles in `of` (of all operators if none is named)."""
    operators = estimate(model, chip, Request(batch=batch, prompt=prompt)).operators
    whole = sum(operator.energy_j for operator in operators if not of or operator.role in of)
    return sum(operator.energy_j for operator in operators if operator.role in roles) / whole


def part_energy_share_fraction(
    *, chip: Chip, model: Model, prompt: int, engine: str, part: str, batch: int = 1
) -> float:
    """Energy of one part of an engine over that of all its parts, leakage not included."""
    components = estimate(model, chip, Request(batch=batch, prompt=prompt)).components
    mine = [component for component in components if component.engine == engine]
    named = [component for component in mine if component.name == f"{engine}.{part}"]
    return sum(component.energy_j for component in named) / sum(component.energy_j for component in mine)


def macro_ops_per_j(*, chip: Chip, model: Model, prompt: int, batch: int = 1) -> float:
    """Dense operations over the energy of cells, drivers and converters alone."""
    return estimate(model, chip, Request(batch=batch, prompt=prompt)).macro_ops_per_j
