"""What a calibration is for: one chip, and on it each matrix with the arithmetic of its engine."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

from bitline.errors import ConfigError, listed
from bitline.hardware.deciding import Value, deciding_fields
from bitline.verbs.deployment import Deployment

_NAMED = 4
"""Differences that are told one by one."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The deployment that ranges were found on."""

    deployed: Mapping[str, Value]
    """The chip, seed, plan and temperature."""
    engines: Mapping[str, Mapping[str, Value]]
    """Every field that decides the results of an engine, by its path."""
    modules: Mapping[str, tuple[str, int, int]]
    """The engine, inputs and outputs of each module with matrices on the chip."""

    @staticmethod
    def of(deployment: Deployment) -> Origin:
        """Describe a deployment."""
        # Every set of matrices has its entry in the list, in the same order.
        placed = [one for one in deployment.on_chip if one.shape is not None]
        both = list(zip(deployment.held.items(), placed, strict=True))
        return Origin(
            deployed={
                "chip": deployment.chip.name, "seed": deployment.seed, "plan": deployment.plan,
                "temperature_k": deployment.chip.technology.temperature_k,
            },
            engines={one.engine: deciding_fields(held.arithmetic) for (_, held), one in both},
            modules={name: (one.engine, *one.shape) for (name, _), one in both if one.shape is not None},
        )  # fmt: skip

    @staticmethod
    def read(kept: Any) -> Origin | None:
        """Take what a file keeps; None if that is not what a calibration is for."""
        if not isinstance(kept, dict) or not all(isinstance(kept.get(part), dict) for part in _PARTS):
            return None
        rows = kept["modules"].values()
        sound = all(isinstance(row, list) and len(row) == 3 and row[0] in kept["engines"] for row in rows)
        modules = {name: tuple(row) for name, row in kept["modules"].items()} if sound else {}
        whole = sound and all(isinstance(one, dict) for one in kept["engines"].values())
        return Origin(deployed=kept["deployed"], engines=kept["engines"], modules=modules) if whole else None

    def refuse(self, path: object, here: Origin) -> None:
        """Raise `ConfigError` if the model is deployed otherwise than it was; say what differs, and where."""
        found = list(_differences(self, here))
        if not found:
            return
        rest = len(found) - _NAMED
        more = f"; and {rest} more" if rest > 0 else ""
        raise ConfigError(
            f"{path}: is a calibration for another deployment. {'; '.join(found[:_NAMED])}{more}. "
            f"Deploy the model as it was then, or calibrate it again."
        )


_PARTS = ("deployed", "engines", "modules")


def _differences(there: Origin, here: Origin) -> Iterator[str]:
    yield from _changed(there.deployed, here.deployed, "")
    for missing, which in ((there, here), (here, there)):
        only = which.modules.keys() - missing.modules.keys()
        if only:
            yield f"on the chip {'now' if which is here else 'then'} only: {listed(only, _NAMED)}"
    alike: dict[tuple[str, str], list[str]] = {}
    for name in there.modules.keys() & here.modules.keys():
        (before, *shape), (now, *other) = there.modules[name], here.modules[name]
        if shape != other:
            yield f"{name}: {shape[0]} inputs and {shape[1]} outputs then, {other[0]} and {other[1]} now"
        alike.setdefault((str(before), str(now)), []).append(name)
    for (before, now), names in sorted(alike.items()):
        where = f"engine {now!r} ({listed(names, 2)}): "
        yield from _changed(there.engines[before], here.engines[now], where)


def _changed(there: Mapping[str, Value], here: Mapping[str, Value], where: str) -> Iterator[str]:
    found = []
    for field in _in_order(there, here):
        if any(_above(field, one) for one in (there, here)):
            continue
        before, now = _shown(field, there), _shown(field, here)
        if before != now:
            found.append(f"{field} = {before} then, {now} now")
    if found:
        yield where + ", ".join(found[:_NAMED]) + (f", and {len(found) - _NAMED} more" * (len(found) > _NAMED))


def _above(field: str, values: Mapping[str, Value]) -> bool:
    """Say whether a block that a field is part of is given as nothing."""
    parts = field.split(".")
    return any(".".join(parts[:depth]) in values for depth in range(1, len(parts)))


def _shown(field: str, values: Mapping[str, Value]) -> str:
    """Show a value; of a block, only that it is there."""
    block = "something" if any(name.startswith(f"{field}.") for name in values) else "nothing"
    value = values.get(field)
    return block if value is None else reprlib.repr(value)


def _in_order(*several: Iterable[str]) -> dict[str, None]:
    return dict.fromkeys(name for one in several for name in one)
