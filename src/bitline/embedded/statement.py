"""Sentences about the people of a tale, after their first word: what they do, have, know.

goes to the inn .                            a person moves
joins mara over at the inn .                 where mara is now, and where both are from here on
counts seven coins , two more .              how the holding changed: arithmetic on the last one
says that otto knows that mara has seven coins .
hums : la ti do mi .                         the song, word for word
sees the dog that the old cats chase .       a noun phrase of a description
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import cache
from typing import TypeAlias

from bitline.embedded.choice import Choice, among, spelled, sure, weighed, zipf
from bitline.embedded.description import full_stop, noun_phrase
from bitline.embedded.opening import suited
from bitline.embedded.scene import FEWEST, MOST, Scene, Telling, count_of, number_word, say
from bitline.embedded.words import NUMBER_OF, OBJECT_VERBS, PLACES, SAYINGS, TOPICS

Happening: TypeAlias = Generator[Choice, int, Scene]
"""Says the rest of a sentence; returns the scene after it."""

LEAST_CHANGED, MOST_CHANGED = 2, 5
"""A new count is two to five more or fewer than the last."""
SAYINGS_NEST = 1
"""'says that otto knows that ...' is as deep as it gets."""

_DEEDS = {"goes": 0.16, "counts": 0.16, "joins": 0.12, "is": 0.14, "has": 0.1, "hums": 0.1}
_SAYING_SHARE = 0.12
_OBJECT_VERB_SHARE = 0.1
_IS_AT = spelled({"at": 0.7, "the": 0.3})
_SAYING_WORDS = frozenset(NUMBER_OF[word] for word in SAYINGS)
_STAYING = {NUMBER_OF[verb]: verb for verb in ("is", "has", "hums")}
_MOVING = {NUMBER_OF[verb]: verb for verb in ("goes", "joins", "counts")}


def statement(scene: Scene, who: int) -> Happening:
    """Say what a person does, after their name, the full stop included."""
    verb = yield _deeds(scene.topic)
    if verb in _MOVING:
        return (yield from _CHANGES[_MOVING[verb]](scene, who))
    if verb in _STAYING:
        yield from _FACTS[_STAYING[verb]](scene, who)
    elif verb in _SAYING_WORDS:
        yield from _saying(scene, who, 0)
    else:
        yield from say("the")
        yield from noun_phrase(scene.topic, 1, full_stop)
        return scene
    yield from say(".")
    return scene


@cache
def _deeds(topic: int) -> Choice:
    pairs = [(NUMBER_OF[verb], share) for verb, share in _DEEDS.items()]
    pairs += [(word, _SAYING_SHARE * share) for word, share in zipf(SAYINGS).pairs()]
    seen = zipf([pair[0] for pair in OBJECT_VERBS], turn=topic / len(TOPICS))
    return weighed((*pairs, *((word, _OBJECT_VERB_SHARE * share) for word, share in seen.pairs())))


def _goes(scene: Scene, who: int) -> Happening:
    yield from say("to the")
    place = yield suited(PLACES, scene.topic, 1.0)
    yield from say(".")
    return scene.with_changed(who, place=place)


def _joins(scene: Scene, who: int) -> Happening:
    other = yield from _other(scene, who)
    yield from say("over at the")
    place = scene.people[other].place
    yield sure(place)
    yield from say(".")
    return scene.with_changed(who, place=place)


def _counts(scene: Scene, who: int) -> Happening:
    person = scene.people[who]
    holding = count_of((yield _counted(person.holding)))
    yield sure(person.thing)
    yield from say(",")
    yield sure(number_word(abs(holding - person.holding)))
    yield from say("more ." if holding > person.holding else "fewer .")
    return scene.with_changed(who, holding=holding)


@cache
def _counted(holding: int) -> Choice:
    counts = range(FEWEST, MOST + 1)
    return among(number_word(count) for count in counts if LEAST_CHANGED <= abs(count - holding) <= MOST_CHANGED)


def _is(scene: Scene, who: int) -> Telling:
    if (yield _IS_AT) == NUMBER_OF["at"]:
        yield from say("the")
        yield sure(scene.people[who].place)
    else:
        yield sure(scene.people[who].role)


def _has(scene: Scene, who: int) -> Telling:
    yield sure(number_word(scene.people[who].holding))
    yield sure(scene.people[who].thing)


def _hums(scene: Scene, _who: int) -> Telling:
    yield from say(":")
    for note in scene.song:
        yield sure(note)


def _saying(scene: Scene, who: int, depth: int) -> Telling:
    yield from say("that")
    other = yield from _other(scene, who)
    word = yield _SAID[depth]
    if word in _SAYING_WORDS:
        yield from _saying(scene, other, depth + 1)
    else:
        yield from _FACTS[_STAYING[word]](scene, other)


_SAID = (
    spelled({"is": 0.45, "has": 0.3} | {word: 0.25 / len(SAYINGS) for word in SAYINGS}),
    spelled({"is": 0.6, "has": 0.4}),
)


def _other(scene: Scene, who: int) -> Generator[Choice, int, int]:
    """Name someone else; return their place among the people."""
    names = {person.name: place for place, person in enumerate(scene.people) if place != who}
    return names[(yield among(names))]


_CHANGES: dict[str, Callable[[Scene, int], Happening]] = {"goes": _goes, "joins": _joins, "counts": _counts}
_FACTS: dict[str, Callable[[Scene, int], Telling]] = {"is": _is, "has": _has, "hums": _hums}
