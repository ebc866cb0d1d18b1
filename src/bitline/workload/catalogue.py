"""From a name, a file or a mapping of fields to a model."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from bitline.errors import ConfigError, missing, nearest, not_one_of, unreadable, wrong_type
from bitline.workload import families
from bitline.workload.config import Config
from bitline.workload.model import Model
from bitline.workload.presets import preset_fields, preset_names

GROUP = "bitline.families"
"""The entry points by which installed packages offer modules with families of their own."""


def load_model(name_or_path: str | Path) -> Model:
    """Make a model from a preset's name, a `config.json`, or a folder with one.

    Raises `ConfigError` for an unknown name or a wrong field, `DataError` for a file that cannot be read.
    """
    if not isinstance(name_or_path, str | Path):
        raise wrong_type("model", name_or_path, "the name of a preset or a path")
    name = str(name_or_path)
    known = _preset(name.lower())
    if known is not None:
        return known
    path = Path(name_or_path)
    if path.is_dir() and name:
        path = path / "config.json"
    if path.is_file():
        return model_from_config(_read(path), path.parent.name if path.name == "config.json" else path.stem)
    if path.suffix or len(path.parts) > 1:
        near = nearest(path.stem if path.suffix == ".json" else path.name, preset_names())
        hint = f"; nearest preset: {near!r}" if near else ""
        inside = f" as {path.name} in this folder" if path != Path(name_or_path) else ""
        raise unreadable(name_or_path, "a preset or a model configuration", f"no such file{inside}{hint}")
    raise not_one_of("model", name, preset_names())


@cache
def _preset(name: str) -> Model | None:
    # One value per name: whatever is worked out once per model is then worked out once per name.
    fields = preset_fields(name)
    return None if fields is None else model_from_config(fields, name)


def model_from_config(config: Mapping[str, object], name: str) -> Model:
    """Make a model from fields in the spelling of Hugging Face's `config.json`; `name` is what errors say."""
    family = config.get("model_type")
    if family is None:
        raise missing("model_type", "the family of the model, such as 'llama'", name)
    files = _families()
    if not isinstance(family, str):
        raise wrong_type("model_type", family, "a name", name)
    if family not in files:
        raise not_one_of("model_type", family, files, name)
    design = files[family].design(Config(config, name))
    return Model(name=name, family=family, parameters=design.parameters(), design=design)


def family_names() -> tuple[str, ...]:
    """List every `model_type` that can be read."""
    return tuple(sorted(_families()))


def module_roles(model_type: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give what a family says of its modules whose names do not tell their roles: patterns of names, and roles."""
    family = _families().get(model_type)
    roles: tuple[tuple[str, tuple[str, ...]], ...] = getattr(family, "MODULE_ROLES", ())
    return roles


@cache
def _families() -> dict[str, ModuleType]:
    found: dict[str, ModuleType] = {}
    names = (f"{families.__name__}.{module.name}" for module in pkgutil.iter_modules(families.__path__))
    for family in (*map(importlib.import_module, names), *(entry.load() for entry in entry_points(group=GROUP))):
        for model_type in family.MODEL_TYPES:
            if model_type in found:
                raise ConfigError(f"families: {model_type} is served by two modules, one of them {family.__name__}.")
            found[model_type] = family
    return found


def _read(path: Path) -> Mapping[str, object]:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise unreadable(path, "a model configuration in JSON", str(error)) from error
    if not isinstance(fields, dict):
        raise unreadable(path, "a model configuration in JSON", "the file holds no mapping of fields")
    return fields
