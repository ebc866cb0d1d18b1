"""From a published figure to ours: find the metric, bind its conditions, call it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias

from bitline.errors import ConfigError, missing, not_one_of, unknown_key
from bitline.hardware import Chip
from bitline.hardware.figure import Figure
from bitline.reproduce import metrics
from bitline.systems.load import FOLDER, load_chip
from bitline.systems.published import Published
from bitline.verbs.described import looking_back
from bitline.workload import Model, load_model

Metric: TypeAlias = Callable[..., float | Figure]
Change: TypeAlias = Callable[[Chip], Chip]
CHIPS = ("chip", "against")
"""Conditions that name a chip."""
LOOK_BACK = ("window", "sinks")
"""Conditions of the model: the last tokens that its attention sees, and the first ones beside them."""


@cache
def metric_names() -> tuple[str, ...]:
    """Name every metric."""
    return tuple(sorted(_metrics()))


def evaluate(figure: Published, system: str, change: Change | None = None) -> Figure:
    """Compute our value of a figure, with its envelope where the metric has one.

    `change` is done to every chip that the figure names. Raises `ConfigError` where its metric or conditions make no
    sense.
    """
    where = f"{system}: {figure.id}"
    if figure.metric not in _metrics():
        raise not_one_of("metric", figure.metric, metric_names(), where)
    metric = _metrics()[figure.metric]
    ours = metric(**_bound(metric, figure.conditions, system, where, change))
    return ours if isinstance(ours, Figure) else Figure(float(ours), figure.metric)


def chips_of(figure: Published, system: str) -> tuple[str, ...]:
    """Name the chips that a figure is about, its own first."""
    metric = _metrics().get(figure.metric)
    named = {"chip": system, **figure.conditions}
    taken = inspect.signature(metric).parameters if metric else {}
    return tuple(str(named[key]) for key in CHIPS if key in named and key in taken)


@cache
def _metrics() -> Mapping[str, Metric]:
    found: dict[str, Metric] = {}
    for entry in pkgutil.iter_modules(metrics.__path__, f"{metrics.__name__}."):
        module = importlib.import_module(entry.name)
        for name, value in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(value) or value.__module__ != entry.name:
                continue
            if name in found:
                raise ConfigError(f"{entry.name}: metric {name!r} is already defined in {found[name].__module__}.")
            found[name] = value
    return MappingProxyType(found)


def _bound(
    metric: Metric, conditions: Mapping[str, Any], system: str, where: str, change: Change | None
) -> dict[str, Any]:
    """Turn conditions into the arguments of a metric: chips and models are loaded by name."""
    parameters = inspect.signature(metric).parameters
    given = {"chip": system, **conditions} if "chip" in parameters else dict(conditions)
    bounds = {name: given.pop(name) for name in LOOK_BACK if name in given and "model" in parameters}
    for name in given:
        if name not in parameters:
            raise unknown_key(f"conditions.{name}", parameters, where)
    for name, parameter in parameters.items():
        if name not in given and parameter.default is inspect.Parameter.empty:
            raise missing(f"conditions.{name}", "a value, as the metric asks for it", where)
    bound = {name: _argument(name, value, system, change) for name, value in given.items()}
    return bound | {"model": looking_back(bound["model"], **{"window": None} | bounds)} if bounds else bound


def _argument(name: str, value: Any, system: str, change: Change | None) -> Any:
    if name in CHIPS:
        chip = load_chip(value)
        return chip if change is None else change(chip)
    return _model(value, system) if name == "model" else value


def _model(name: str, system: str) -> Model:
    """Load a model whose configuration is kept beside a system (MODEL or SYSTEM/MODEL), else a preset."""
    beside, _, own = name.rpartition("/")
    file = FOLDER / (beside or system) / f"{own}.json"
    return load_model(file if file.is_file() else name)
