"""How a tale begins: its topic, its song and its people.

a tale of the sea with the song : la ti do mi .
mara is the baker and lives at the mill and has three coins .
"""

from __future__ import annotations

from collections.abc import Generator
from functools import cache

from bitline.embedded.choice import Choice, among, sure, weighed, zipf
from bitline.embedded.scene import FEWEST, MOST, Person, Scene, count_of, number_word, say
from bitline.embedded.words import MEN, NOTES, NUMBER_OF, PLACES, ROLES, THINGS, TOPICS, WOMEN

PEOPLE = 3
NOTES_IN_SONG = 4

_TOPICS = zipf(TOPICS, exponent=0.5)
_NOTES = zipf(NOTES, exponent=0.0)
_NAMES = zipf([name for couple in zip(WOMEN, MEN, strict=True) for name in couple], exponent=0.5)
_HOLDINGS = among(number_word(count) for count in range(FEWEST, MOST + 1))


def opening() -> Generator[Choice, int, Scene]:
    """Say the opening; return the scene it sets."""
    yield from say("a tale of the")
    topic = (yield _TOPICS) - NUMBER_OF[TOPICS[0]]
    yield from say("with the song :")
    song: tuple[int, ...] = ()
    for _ in range(NOTES_IN_SONG):
        song += ((yield _without(_NOTES, song)),)
    yield from say(".")
    people: tuple[Person, ...] = ()
    for _ in range(PEOPLE):
        people += ((yield from _introduction(topic, people)),)
    return Scene(topic=topic, song=song, people=people, focus=PEOPLE - 1)


def _introduction(topic: int, known: tuple[Person, ...]) -> Generator[Choice, int, Person]:
    name = yield _without(_NAMES, tuple(person.name for person in known))
    yield from say("is the")
    role = yield _without(suited(ROLES, topic, 0.5), tuple(person.role for person in known))
    yield from say(".")
    yield sure(name)
    yield from say("lives at the")
    place = yield suited(PLACES, topic, 0.5)
    yield from say(".")
    yield sure(name)
    yield from say("has")
    holding = count_of((yield _HOLDINGS))
    thing = yield _without(suited(THINGS, topic, 0.5), tuple(person.thing for person in known))
    yield from say(".")
    return Person(name=name, role=role, place=place, thing=thing, holding=holding)


@cache
def suited(words: tuple[str, ...], topic: int, exponent: float) -> Choice:
    """Give the Zipf choice of a topic: each topic has its own favourite word."""
    return zipf(words, turn=topic / len(TOPICS), exponent=exponent)


@cache
def _without(choice: Choice, taken: tuple[int, ...]) -> Choice:
    return weighed(tuple((word, 0.0 if word in taken else share) for word, share in choice.pairs()))
