"""Which kinds of engine there are: one module each, of this package or of one that names it as an entry point."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType

from bitline.errors import ConfigError
from bitline.hardware.engine import Engine

GROUP = "bitline.engines"
"""The entry points by which installed packages offer modules with kinds of their own."""


@cache
def engine_kinds() -> Mapping[str, type[Engine]]:
    """Give the class of every kind, in alphabetical order of kinds."""
    names = (found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)], f"{__package__}."))
    own = (importlib.import_module(name) for name in names if name != __name__)
    return by_kind((*own, *(entry.load() for entry in entry_points(group=GROUP))))


def by_kind(modules: Iterable[ModuleType]) -> Mapping[str, type[Engine]]:
    """Collect the engines that the modules define; two of one kind are an error."""
    kinds: dict[str, type[Engine]] = {}
    for module in modules:
        for value in vars(module).values():
            if not (isinstance(value, type) and issubclass(value, Engine) and value.__module__ == module.__name__):
                continue
            if value.kind in kinds:
                raise ConfigError(f"{module.__name__}: kind {value.kind!r} is already that of {kinds[value.kind]!r}.")
            kinds[value.kind] = value
    return MappingProxyType(dict(sorted(kinds.items())))
