"""A model configuration, read field by field with one clear error for each that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from bitline.errors import missing, not_one_of, outside, wrong_type

LARGEST = 2**31
MOST_LAYERS = 10_000


@final
class Config:
    """Fields in the spelling of Hugging Face's `config.json`; a null counts as absent."""

    __slots__ = ("_fields", "where")

    def __init__(self, fields: Mapping[str, object], where: str) -> None:
        self._fields = fields
        self.where = where

    def has(self, key: str) -> bool:
        """Say whether the field is there and not null."""
        return self._fields.get(key) is not None

    def count(self, key: str, default: int | None = None) -> int:
        """Give a whole number of at least 1; without a default the field must be there."""
        value = self.maybe_count(key)
        if value is not None:
            return value
        if default is None:
            raise missing(key, "a whole number", self.where)
        return default

    def maybe_count(self, key: str) -> int | None:
        """Give a whole number of at least 1, or None if the field is absent."""
        value = self._fields.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(key, value, "a whole number", self.where)
        if not 1 <= value <= LARGEST:
            raise outside(key, value, 1, LARGEST, "", self.where)
        return value

    def layers(self, key: str, default: int | None = None) -> int:
        """Give a number of layers."""
        value = self.count(key, default)
        if value > MOST_LAYERS:
            raise outside(key, value, 1, MOST_LAYERS, "layers", self.where)
        return value

    def number(self, key: str, default: int) -> int:
        """Give a whole number that may be 0; `default` too."""
        value = self._fields.get(key)
        return default if value is None else 0 if value == 0 and not isinstance(value, bool) else self.count(key)

    def share(self, key: str, default: float) -> float:
        """Give a number from 0 to 1."""
        value = self._fields.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(key, value, "a number", self.where)
        if not 0 <= value <= 1:
            raise outside(key, value, 0, 1, "", self.where)
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """Give a yes or no."""
        value = self._fields.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise wrong_type(key, value, "true or false", self.where)
        return value

    def text(self, key: str, default: str) -> str:
        """Give a name."""
        value = self._fields.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise wrong_type(key, value, "a name", self.where)
        return value

    def names(self, key: str) -> tuple[str, ...] | None:
        """Give a list of names, or None if the field is absent."""
        value = self._fields.get(key)
        if value is None:
            return None
        if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(v, str) for v in value):
            raise wrong_type(key, value, "a list of names", self.where)
        return tuple(value)

    def numbers(self, key: str) -> tuple[int, ...]:
        """Give a list of whole numbers, empty if the field is absent."""
        value = self._fields.get(key)
        if value is None:
            return ()
        if not isinstance(value, Sequence) or not all(isinstance(v, int) for v in value):
            raise wrong_type(key, value, "a list of whole numbers", self.where)
        return tuple(value)

    def repeated_names(self, key: str) -> list[tuple[list[str], int]]:
        """Give pairs of names and how often they repeat, empty if the field is absent."""
        found = []
        pairs = self._fields.get(key)
        for pair in pairs if isinstance(pairs, list) else [pairs] if pairs is not None else []:
            match pair:
                case [[*names], int(repeat)] if 1 <= repeat <= MOST_LAYERS:
                    found.append(([str(name) for name in names], repeat))
                case _:
                    raise wrong_type(key, pairs, "a list of pairs: names, and how often they repeat", self.where)
        return found

    def size(self, key: str) -> int:
        """Give how many entries a list or mapping has, 0 if the field is absent."""
        value = self._fields.get(key)
        return len(value) if isinstance(value, Mapping | Sequence) else 0

    def section(self, key: str) -> Config:
        """Give the fields under a key."""
        value = self._fields.get(key)
        if value is None:
            raise missing(key, "a section of fields", self.where)
        if not isinstance(value, Mapping):
            raise wrong_type(key, value, "a section of fields", self.where)
        return Config(value, f"{self.where}: {key}" if self.where else key)

    def dividing(self, key: str, whole: int, of: str, default: int | None = None) -> int:
        """Give a count that divides `whole`, the value of the field `of`."""
        value = self.count(key, default)
        if whole % value:
            raise wrong_type(key, value, f"a divisor of {of} = {whole}", self.where)
        return value

    def count_unless_null(self, key: str, default: int) -> int | None:
        """Give a count; None only where the field is there and null."""
        return None if key in self._fields and not self.has(key) else self.count(key, default)

    def chosen(self, key: str, of: int, default: int | None = None) -> int:
        """Give a count that is at most `of`."""
        value = self.count(key, default)
        if value > of:
            raise outside(key, value, 1, of, "", self.where)
        return value

    def renamed(self, spelling: Mapping[str, str]) -> Config:
        """Give the same fields, those of another spelling under our names unless both are there."""
        fields = dict(self._fields)
        for theirs, ours in spelling.items():
            if fields.get(ours) is None and fields.get(theirs) is not None:
                fields[ours] = fields[theirs]
        return Config(fields, self.where)

    def choice(self, key: str, allowed: Sequence[str], default: str) -> str:
        """Give one of the allowed names."""
        value = self.text(key, default)
        if value not in allowed:
            raise not_one_of(key, value, allowed, self.where)
        return value

    def refuse(self, key: str) -> None:
        """Stop at an option whose shapes are not modelled."""
        if self._fields.get(key):
            raise wrong_type(key, self._fields[key], "false, the only setting that is modelled", self.where)

    def require(self, key: str, value: bool) -> None:
        """Stop unless the option has the one setting that is modelled, which is also its default."""
        if self.flag(key, value) is not value:
            raise wrong_type(key, not value, f"{value}, the only setting that is modelled", self.where)

    def has_scores(self) -> bool:
        """Say whether the model ends in scores over its vocabulary, from the class name in `architectures`."""
        names = self.names("architectures")
        if not names:
            return True
        name = names[0]
        if name.endswith(("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")):
            return True
        if name.endswith("Model"):
            return False
        stem = name.partition("For")[0]
        raise not_one_of("architectures", name, (f"{stem}ForCausalLM", f"{stem}Model"), self.where)
