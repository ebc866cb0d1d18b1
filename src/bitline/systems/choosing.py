"""Several chips by a few words: names, patterns, or all complete systems."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from bitline.errors import not_one_of
from bitline.systems.grouped import SIGN, parted
from bitline.systems.load import chip_names, system_names

ALL = "all"
SIGNS = "*?["
"""What makes a word a pattern."""


def chosen(words: Iterable[str | Path]) -> tuple[str | Path, ...]:
    """Give the chips that words stand for, each once, in their order.

    `all` is every system but macros (bare arrays, in a folder of their own) and variants; `*` stands for part of a
    name and never for a slash, so that `cambricon-*` has no variants and `a100/*` has those of one system;
    `cambricon-*@2` are pairs of each. Raises `ConfigError` for a pattern that no name goes with; any other word is left
    as it is.
    """
    found: dict[str | Path, None] = {}
    for word in words:
        found |= dict.fromkeys(_meant(word))
    return tuple(found)


def _meant(word: str | Path) -> tuple[str | Path, ...]:
    if not isinstance(word, str):
        return (word,)
    base, _, counts = word.partition(SIGN)
    every = base == ALL and ALL not in chip_names()
    if not every and not any(sign in base for sign in SIGNS):
        return (word,)
    if counts or base != word:
        parted(word)
    matching = [name for name in chip_names() if _goes_with(name, base)]
    if every:
        matching = [name for name in system_names() if "/" not in name]
    if not matching:
        raise not_one_of("chip", word, (ALL, *(name for name in chip_names() if name.count("/") == base.count("/"))))
    return tuple(f"{name}{SIGN}{counts}" if counts else name for name in matching)


def _goes_with(name: str, pattern: str) -> bool:
    steps, wanted = name.split("/"), pattern.split("/")
    return len(steps) == len(wanted) and all(fnmatchcase(*pair) for pair in zip(steps, wanted, strict=True))
