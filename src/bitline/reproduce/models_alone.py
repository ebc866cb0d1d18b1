"""A description without the costs it states: what our models say of the same geometry, voltages and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from bitline.hardware import Chip

COSTS = ("_j", "_m2", "_w", "area_f2")
"""How the names of fields end that state an energy, an area or a standing power."""


def models_alone(chip: Chip) -> Chip:
    """Give the chip with every stated cost of its engines taken out; times, voltages and capacitances stay."""
    return replace(chip, engines={name: _bare(engine) for name, engine in chip.engines.items()})


def stated_costs(chip: Chip) -> int:
    """Count the costs that the engines of a chip state."""
    return sum(_count(engine) for engine in chip.engines.values())


def _bare(block: Any) -> Any:
    changes: dict[str, Any] = {}
    for field in fields(block):
        value = getattr(block, field.name)
        if _is_stated_cost(field.name, value):
            changes[field.name] = None
        elif is_dataclass(value):
            changes[field.name] = _bare(value)
    return replace(block, **changes) if changes else block


def _count(block: Any) -> int:
    values: Mapping[str, Any] = {field.name: getattr(block, field.name) for field in fields(block)}
    own = sum(_is_stated_cost(name, value) for name, value in values.items())
    return own + sum(_count(value) for value in values.values() if is_dataclass(value))


def _is_stated_cost(name: str, value: Any) -> bool:
    return name.endswith(COSTS) and isinstance(value, int | float)
