"""Which engine of a chip runs a module, and what that engine does to its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.errors import ConfigError
from bitline.hardware import Arithmetic, Chip, Floating
from bitline.hardware.formats import AS_COMPUTED
from bitline.mapping.placement import matched_engine, taking_part
from bitline.mapping.placement import named as matched_by_name
from bitline.numerics.formats.whole_numbers import in_whole_numbers, met
from bitline.numerics.modules.roles import operator_name
from bitline.operators import Stationary


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An engine by its name, or the reason why there is none."""

    engine: str = ""
    arithmetic: Arithmetic
    why_digital: str = ""
    """Empty where the engine's arithmetic differs from floating point."""


def place(chip: Chip, roles: tuple[str, ...], module: str, product: Stationary = "weight") -> Place:
    """Find the engine for products of a module with these roles: the first rule of each role, which must agree.

    Raises:
        ConfigError: the roles of a fused module are sent to different engines, or a rule names no engine.

    """
    engines = {role: matched_engine((role, operator_name(module, role)), chip, product) for role in roles}
    if len(set(engines.values())) > 1:
        sent = ", ".join(f"{role} to {engine or 'no engine'}" for role, engine in engines.items())
        raise ConfigError(
            f"{chip.name}: {module} computes {' and '.join(roles)} with one matrix, but placement sends {sent}. "
            f"Allowed: one engine for all of them."
        )
    engine = engines[roles[0]]
    if engine is None:
        why = f"no placement rule of {chip.name} matches the role {roles[0]!r}"
        return Place(arithmetic=Floating(), why_digital=why)
    arithmetic = met(chip.engines[engine].arithmetic(), product)
    for role in roles:
        for other in taking_part((role, operator_name(module, role)), chip, product):
            if other in chip.engines and met(chip.engines[other].arithmetic(), product) != arithmetic:
                raise ConfigError(
                    f"{chip.name}: {module} ({role}) is computed on engines {engine!r} and {other!r}, whose arithmetic "
                    f"differs. Allowed: one arithmetic for all that take part, where accuracy is asked for."
                )
    if not isinstance(arithmetic, Floating):
        return Place(engine=engine, arithmetic=arithmetic)
    if arithmetic.formats != AS_COMPUTED:
        return Place(engine=engine, arithmetic=in_whole_numbers(arithmetic))
    why = f"engine {engine!r} computes in floating point"
    return Place(engine=engine, arithmetic=arithmetic, why_digital=why)


def named(chip: Chip, roles: tuple[str, ...], module: str) -> bool:
    """Say whether a rule puts a module with these roles somewhere by name: a bare `*` is for products only."""
    return matched_by_name({word for role in roles for word in (role, operator_name(module, role))}, chip)
