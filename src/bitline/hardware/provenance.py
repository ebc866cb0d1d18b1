"""Where each number of a chip is from, as values to print and to count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any, Literal, final

from bitline.hardware.chip import Chip, Provenance
from bitline.hardware.document import Path, dotted
from bitline.hardware.field import fields_of

Standing = Literal["source", "assumption", "fitted", "conflict", "unsourced", "default"]
"""A source says so; assumed, with its reason; fitted to a published result; sources disagree and no more is said;
given without a source, which counts as an assumption; or not given, so that Bitline's own default stands."""

_TAG = re.compile(r"\b(stated|second-hand|computed|recalled|assumption)\b", re.IGNORECASE)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One number of the description, or one choice of which its provenance says something."""

    path: str
    value: float | str | bool | None
    standing: Standing
    text: str
    """As written in the provenance."""
    conflict: str = ""
    """What other sources say."""

    @property
    def tag(self) -> str:
        """How sure the source is, in the word it uses: stated, second-hand, computed, recalled, assumption."""
        found = _TAG.search(self.text)
        return found.group(1).lower() if found else ""

    @property
    def assumed(self) -> bool:
        """Whether no source stands behind the value."""
        return self.standing in ("assumption", "unsourced") or self.tag == "assumption"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many facts are of which standing."""

    stated: int
    """By a source, recalled ones included."""
    recalled: int
    assumed: int
    """Unsourced ones included."""
    fitted: int
    defaults: int
    conflicts: int
    """Of all of them, those that sources disagree on."""


def facts(chip: Chip) -> tuple[Fact, ...]:
    """Give every number of the description in its order, and every other value whose origin is stated."""
    return tuple(
        _fact(path, value, default, chip.provenance)
        for path, value, default in _leaves(chip, (), None)
        if path[0] != "provenance" and (_is_number(value) or _covering(dotted(path), chip.provenance, exactly=True))
    )


def tally(given: Iterable[Fact]) -> Tally:
    """Count the facts."""
    given = tuple(given)
    standings = Counter("assumption" if fact.assumed else fact.standing for fact in given)
    return Tally(
        stated=standings["source"] + standings["conflict"],
        recalled=sum(fact.tag == "recalled" and fact.standing == "source" for fact in given),
        assumed=standings["assumption"],
        fitted=standings["fitted"],
        defaults=standings["default"],
        conflicts=sum(bool(fact.conflict) for fact in given),
    )


def _fact(path: Path, value: Any, default: bool, provenance: Provenance) -> Fact:
    name = dotted(path)
    conflict = _longest(name, provenance.conflicts)
    disputed = provenance.conflicts.get(conflict, "")
    found = _covering(name, provenance)
    if found:
        standing, text = found
    elif default:
        standing, text = "default", "Bitline's default; the description does not say"
    elif disputed:
        standing, text = "conflict", disputed
    else:
        standing, text = "unsourced", "no source given: an assumption"
    return Fact(path=name, value=value, standing=standing, text=text, conflict=disputed)


def _covering(name: str, provenance: Provenance, exactly: bool = False) -> tuple[Standing, str] | None:
    """Find what the closest entry at or above a path says of it; of two at one path the humbler one."""
    sections: tuple[tuple[Standing, Mapping[str, str]], ...] = (
        ("fitted", provenance.fitted),
        ("assumption", provenance.assumptions),
        ("source", provenance.sources),
    )
    ends = ((_longest(name, entries), standing, entries) for standing, entries in sections)
    end, standing, entries = max(ends, key=lambda found: len(found[0]))
    return (standing, entries[end]) if end and (end == name or not exactly) else None


def _longest(name: str, entries: Mapping[str, str]) -> str:
    """Give the longest key that is `name` or the start of its path; empty if there is none."""
    steps = name.split(".")
    ends = (".".join(steps[:count]) for count in range(len(steps), 0, -1))
    return next((end for end in ends if end in entries), "")


def _leaves(value: Any, path: Path, default: Any) -> Iterator[tuple[Path, Any, bool]]:
    """Walk down to single values; say of each whether it is what stands there when nothing is given."""
    if is_dataclass(value):
        block: type = type(value)
        for name, field in fields_of(block).items():
            otherwise = getattr(default, name) if type(default) is block else field.default
            below = getattr(value, name)
            yield from _leaves(below, (*path, name), field.default if below == field.default else otherwise)
    elif isinstance(value, Mapping):
        for name, below in value.items():
            yield from _leaves(below, (*path, name), default.get(name) if isinstance(default, Mapping) else None)
    elif isinstance(value, tuple):
        for i, below in enumerate(value):
            yield from _leaves(below, (*path, i), None)
    else:
        yield path, value, repr(value) == repr(default)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
