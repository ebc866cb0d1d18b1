"""The error types, and the few sentences they are made of.

Every message names the field, the value, what is allowed and the nearest valid choice. The command line
prints the message and leaves with exit code 2; nothing else in the package writes its own wording.
"""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable


class BitlineError(Exception):
    """What the user gave cannot be used; the message says what to change."""


class ConfigError(BitlineError):
    """A chip description, model configuration or request is wrong."""


class CapacityError(BitlineError):
    """A model does not fit the chip it was placed on: it needs `needed` of `unit`, and there is room for `room`.

    All three are empty where it cannot be said in one number.
    """

    def __init__(self, text: str, *, needed: float = 0.0, room: float = 0.0, unit: str = "") -> None:
        """Keep the sentence, and the numbers in it."""
        super().__init__(text)
        self.needed, self.room, self.unit = needed, room, unit


class DataError(BitlineError):
    """A file of weights, text or traces cannot be read as what it should be."""


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """Give the allowed name that goes on from `name`, or else the closest in spelling, if any is close."""
    allowed = sorted(allowed)
    longer = [choice for choice in allowed if name and choice.lower().startswith(name.lower())]
    if longer:
        return min(longer, key=len)
    found = difflib.get_close_matches(name.lower(), allowed, n=1, cutoff=0.5)
    return found[0] if found else None


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Name the choices in order, the first `limit` of them."""
    ordered = sorted(names)
    rest = len(ordered) - limit
    return ", ".join(ordered[:limit]) + (f", and {rest} more" if rest > 0 else "")


def not_one_of(field: str, value: object, allowed: Iterable[str], where: str = "") -> ConfigError:
    """Say that a name is not among the allowed ones."""
    allowed = list(allowed)
    near = nearest(str(value), allowed)
    hint = f" Nearest: {near!r}." if near else ""
    return ConfigError(f"{_at(where)}{field} = {value!r} is not one of {listed(allowed) or '(there are none)'}.{hint}")


def unknown_key(field: str, allowed: Iterable[str], where: str = "") -> ConfigError:
    """Say that a key does not exist; `field` is the full path, its last part the key."""
    allowed = list(allowed)
    near = nearest(field.rpartition(".")[2], allowed)
    hint = f" Nearest: {near!r}." if near else ""
    return ConfigError(f"{_at(where)}{field} is not a known key. Allowed: {listed(allowed, 30)}.{hint}")


def outside(field: str, value: float, low: float, high: float, unit: str, where: str = "") -> ConfigError:
    """Say that a number is out of its range."""
    near = min(max(value, low), high)
    unit = f" {unit}" if unit else ""
    ends = f"{_number(low)}..{_number(high)}{unit}"
    return ConfigError(
        f"{_at(where)}{field} = {_number(value)}{unit} is outside {ends}. Nearest: {_number(near)}{unit}."
    )


def missing(field: str, expected: str, where: str = "") -> ConfigError:
    """Say that a required field is absent."""
    return ConfigError(f"{_at(where)}{field} is missing. Expected: {expected}.")


def wrong_type(field: str, value: object, expected: str, where: str = "", near: object = None) -> ConfigError:
    """Say that a value is not of the kind the field holds; `near` is an allowed value close to it."""
    hint = "" if near is None else f" Nearest: {near!r}."
    return ConfigError(f"{_at(where)}{field} = {reprlib.repr(value)} is not {expected}.{hint}")


def repeated(field: str, first: str, where: str = "") -> ConfigError:
    """Say that a key is given twice; `first` is where it stood before."""
    return ConfigError(f"{_at(where)}{field} is given twice. First: {first}.")


def circular(field: str, chain: Iterable[str], where: str = "") -> ConfigError:
    """Say that parts name each other in a circle; `chain` goes round it once."""
    return ConfigError(f"{_at(where)}{field} goes round in a circle: {' > '.join(chain)}. Take one `use` out.")


def above_other(field: str, value: float, other: str, limit: float, where: str = "") -> ConfigError:
    """Say that a number is larger than the one in another field allows."""
    return ConfigError(f"{_at(where)}{field} = {value:g} is more than {other} = {limit:g}. Nearest: {limit:g}.")


def contradicts(field: str, other: str, why: str, where: str = "") -> ConfigError:
    """Say that two fields cannot both be given."""
    return ConfigError(f"{_at(where)}{field} contradicts {other}: {why}. Take one of them out.")


def not_settled(what: str, left: float, goal: float, unit: str, steps: int) -> BitlineError:
    """Say that an iteration did not come to rest."""
    return BitlineError(
        f"{what} did not settle: after {steps} steps the error bound is {left:g} {unit}, wanted {goal:g} {unit}. "
        "Allow more steps, a larger tolerance, or less wire resistance."
    )


def unreadable(path: object, expected: str, reason: str) -> DataError:
    """Say that a file is not what it should be."""
    return DataError(f"{path}: not {expected}: {reason}")


def unwritable(path: object, reason: str) -> DataError:
    """Say that a file cannot be written there."""
    return DataError(f"{path}: cannot be written: {reason}.")


def _number(value: float) -> str:
    """Write whole numbers in full, so that they can be typed."""
    return str(value) if isinstance(value, int) else f"{value:g}"


def _at(where: str) -> str:
    return f"{where}: " if where else ""
