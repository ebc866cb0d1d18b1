"""A tale: an opening, then sentences without end.

The teller is a coroutine: it yields the exact distribution of the next word and is sent the word that came. All it
knows is what a reader of the text knows, so the probability of any text is the product of the yielded ones.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

from bitline.embedded.choice import Choice, sure, weighed
from bitline.embedded.description import description
from bitline.embedded.opening import opening
from bitline.embedded.question import how_many, where, who
from bitline.embedded.scene import Scene, Telling
from bitline.embedded.statement import statement
from bitline.embedded.words import NUMBER_OF, START

NAMES_SHARE = 0.46
PRONOUN_SHARE = 0.2
"""Of the sentences that may start with a pronoun; the other starts share the rest."""

_THE = NUMBER_OF["the"]
_OTHER_STARTS = ((_THE, 0.22), (NUMBER_OF["where"], 0.11), (NUMBER_OF["how"], 0.09), (NUMBER_OF["who"], 0.12))
_QUESTIONS: dict[int, Callable[[Scene], Telling]] = {
    NUMBER_OF["where"]: where,
    NUMBER_OF["how"]: how_many,
    NUMBER_OF["who"]: who,
}


def tell() -> Telling:
    """Tell one endless tale; it begins with the start token."""
    yield sure(NUMBER_OF[START])
    scene = yield from opening()
    while True:
        scene = yield from _sentence(scene)


def _sentence(scene: Scene) -> Generator[Choice, int, Scene]:
    first = yield _first_words(scene)
    if first in _QUESTIONS:
        yield from _QUESTIONS[first](scene)
    elif first == _THE:
        yield from description(scene.topic)
    else:
        subject = _subject(scene, first)
        told = yield from statement(scene, subject)
        return replace(told, focus=subject)
    return replace(scene, focus=None)


def _first_words(scene: Scene) -> Choice:
    share = NAMES_SHARE / len(scene.people)
    pairs = (*((person.name, share) for person in scene.people), *_OTHER_STARTS)
    if scene.focus is None:
        return weighed(pairs)
    pronoun = scene.people[scene.focus].pronoun
    return weighed((*((word, (1 - PRONOUN_SHARE) * weight) for word, weight in pairs), (pronoun, PRONOUN_SHARE)))


def _subject(scene: Scene, first: int) -> int:
    """Give the place among the people of the one that a name or a pronoun stands for."""
    names = [person.name for person in scene.people]
    if first in names:
        return names.index(first)
    return scene.focus if scene.focus is not None else 0
