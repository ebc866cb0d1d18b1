"""What a deployed model keeps: the list of what runs on the chip and what does not, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from torch import nn

from bitline.errors import ConfigError, listed
from bitline.hardware import Chip
from bitline.numerics.let_go import gone
from bitline.numerics.modules.attention import PRODUCTS
from bitline.numerics.modules.held import Held
from bitline.numerics.modules.key_order import KeyOrder

DEPLOYED = "deployed"
"""The attribute of a model under which its `Deployment` stands."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class OnChip:
    """One module, or one product of a module, that the chip computes."""

    module: str
    roles: tuple[str, ...]
    engine: str
    plan: str
    why: str
    """Why this plan."""
    shape: tuple[int, int] | None = None
    """Inputs and outputs of each matrix; None for attention products."""
    matrices: int = 1


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Digital:
    """One module that multiplies and is left to floating point."""

    module: str
    roles: tuple[str, ...]
    why: str


@final
@dataclass(frozen=True, slots=True)
class Change:
    """An attribute of a module that is different while the model is on the chip."""

    module: nn.Module
    attribute: str
    digital: Any
    """Of the digital model; `Absent` where it has no such attribute."""
    deployed: Any


@final
class Absent:
    """Stands for an attribute that is not there."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Everything `deploy` did to a model."""

    chip: Chip
    seed: int
    plan: str
    on_chip: tuple[OnChip, ...]
    digital: tuple[Digital, ...]
    held: Mapping[str, Held] = field(repr=False)
    """Programmed matrices by module name (experts: with `.in` and `.out`)."""
    changes: tuple[Change, ...] = field(repr=False)
    let_go: tuple[str, ...] = ()
    """Modules whose digital weights were let go."""

    @property
    def stored_bytes(self) -> int:
        """Memory of the programmed state, the digital weights not counted."""
        return sum(matrix.stored_bytes for held in self.held.values() for matrix in held.matrices)

    @property
    def learns(self) -> bool:
        """Whether calibrating changes anything."""
        matrices = (matrix for held in self.held.values() for matrix in held.matrices)
        return any(matrix.learns for matrix in matrices) or bool(self.measured_orders)

    @property
    def measured_orders(self) -> dict[str, KeyOrder]:
        """The orders of key channels that calibrating finds, by attention module."""
        orders = (change.deployed.keys for change in self.changes if change.attribute == PRODUCTS)
        return {order.name: order for order in orders if order is not None and order.measures}


def switch(deployment: Deployment, *, on_chip: bool) -> None:
    """Let the model compute on the chip, or digitally with everything programmed kept.

    Raises:
        ConfigError: its digital weights were let go.

    """
    if deployment.let_go and not on_chip:
        raise gone(listed(deployment.let_go, 2))
    for change in deployment.changes:
        value = change.deployed if on_chip else change.digital
        if value is Absent:
            change.module.__dict__.pop(change.attribute, None)
        else:
            setattr(change.module, change.attribute, value)


def deployment_of(model: nn.Module) -> Deployment:
    """Give what `deploy` did to a model.

    Raises:
        ConfigError: the model is not deployed.

    """
    found = find_deployment(model)
    if found is None:
        raise ConfigError(f"{type(model).__name__} is not deployed on a chip. Call deploy(model, chip) first.")
    return found


def find_deployment(model: nn.Module) -> Deployment | None:
    """Give what `deploy` did to a model or to one wrapped inside it, if anything."""
    for module in model.modules():
        found: Deployment | None = module.__dict__.get(DEPLOYED)
        if found is not None:
            return found
    return None
