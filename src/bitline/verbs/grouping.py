"""The modules of a deployed model in groups: by layer, by role, or by both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, final

from bitline.errors import not_one_of
from bitline.verbs.deployment import OnChip

By = Literal["both", "layer", "role"]
BY = ("both", "layer", "role")
ENDS = "ends"
"""The layer of what is before the first or behind the last, such as `lm_head`."""

WHOLE = "whole model"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Modules that go on the chip together."""

    layer: str
    """Its number, or `ends`; empty where layers are taken together."""
    role: str
    """Empty where roles are."""
    modules: tuple[str, ...]
    engines: tuple[str, ...]
    """That they run on."""

    @property
    def name(self) -> str:
        """Layer and role in a few words."""
        if not self.layer.isdigit():
            return self.role or self.layer
        return " ".join(part for part in (f"layer {self.layer}", self.role) if part)


def groups(on_chip: Iterable[OnChip], by: By = "both", layers: Collection[str] | None = None) -> tuple[Group, ...]:
    """Group what runs on a chip, in the order of the model; only some layers if they are named.

    Raises:
        ConfigError: the model has no such layer, or there is no such way to group.

    """
    if by not in BY:
        raise not_one_of("by", by, BY)
    roles: dict[str, list[str]] = {}
    engines: dict[str, list[str]] = {}
    for one in on_chip:
        roles.setdefault(one.module, []).extend(one.roles)
        engines.setdefault(one.module, []).append(one.engine)
    known = list(dict.fromkeys(layer_of(module) for module in roles))
    for layer in layers or ():
        if layer not in known:
            raise not_one_of("layers", layer, known)
    found: dict[tuple[str, str], list[str]] = {}
    for module, mine in roles.items():
        layer = layer_of(module)
        if layers is None or layer in layers:
            key = (layer if by != "role" else "", ", ".join(dict.fromkeys(mine)) if by != "layer" else "")
            found.setdefault(key, []).append(module)
    return tuple(
        Group(
            layer=layer, role=role, modules=tuple(modules),
            engines=tuple(dict.fromkeys(name for module in modules for name in engines[module])),
        )
        for (layer, role), modules in found.items()
    )  # fmt: skip


def everything(on_chip: Sequence[OnChip]) -> Group:
    """Give the group of all that runs on a chip."""
    modules = dict.fromkeys(one.module for one in on_chip)
    engines = dict.fromkeys(one.engine for one in on_chip)
    return Group(layer="", role=WHOLE, modules=tuple(modules), engines=tuple(engines))


def layer_of(module: str) -> str:
    """Give the first number in a module's name: that of its layer."""
    return next((part for part in module.split(".") if part.isdigit()), ENDS)
