"""What a reader of a tale has gathered so far: the state of the language, a function of the words told."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TypeAlias

from bitline.embedded.choice import Choice, phrase
from bitline.embedded.words import NUMBER_OF, NUMBERS, WOMEN

Telling: TypeAlias = Generator[Choice, int, None]
"""A coroutine that yields the exact distribution of the next word and is sent the word that came."""

FEWEST, MOST = 2, 1 + len(NUMBERS)
"""Holdings are between two and twelve."""

_WOMEN = frozenset(NUMBER_OF[name] for name in WOMEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One of the people of a tale, as the last words about them left them; words by token id."""

    name: int
    role: int
    place: int
    thing: int
    holding: int
    """How many of the thing they have."""

    @property
    def pronoun(self) -> int:
        """'she' or 'he'."""
        return NUMBER_OF["she"] if self.name in _WOMEN else NUMBER_OF["he"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The topic, the song and the people."""

    topic: int
    song: tuple[int, ...]
    people: tuple[Person, ...]
    focus: int | None = None
    """Who the last sentence was about (place in `people`), if about a person: a pronoun may follow."""

    def with_changed(self, who: int, **changes: int) -> Scene:
        """Give the scene in which something about one person has changed."""
        people = list(self.people)
        people[who] = replace(people[who], **changes)
        return replace(self, people=tuple(people))


def say(text: str) -> Telling:
    """Say a fixed phrase."""
    for choice in phrase(text):  # noqa: UP028 - a tuple cannot be sent the words that come
        yield choice


def number_word(count: int) -> int:
    """Give the token id of a count."""
    return NUMBER_OF[NUMBERS[count - FEWEST]]


def count_of(word: int) -> int:
    """Give the count a number word stands for."""
    return FEWEST + word - NUMBER_OF[NUMBERS[0]]
