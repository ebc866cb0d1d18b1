"""Sentences about the things of the world: agreement in number across nested clauses, and words that suit the noun.

Each function is a coroutine: it yields the exact distribution of the next word and is sent the word that came.
A noun phrase cannot know that it has ended until the word after it is seen, so it is given the distribution of
that word (`after`, for a singular and a plural head) and returns it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import cache
from typing import TypeAlias

from bitline.embedded.choice import Choice, mixed, spelled, sure, zipf
from bitline.embedded.words import (
    ADJECTIVES,
    ADVERBS,
    LONE_VERBS,
    NOUN_KINDS,
    NOUNS,
    NUMBER_OF,
    OBJECT_VERBS,
    PREPOSITIONS,
    TOPICS,
)

Words: TypeAlias = Generator[Choice, int, int]
After: TypeAlias = Callable[[int, int], Choice]
"""The word after a noun phrase, given its head's kind and number (0 singular, 1 plural)."""

STOP, THE, THAT = (NUMBER_OF[word] for word in (".", "the", "that"))
ADJECTIVE_SHARE = 0.5
PLURAL_SHARE = 0.4
DEEPEST = 2
"""Noun phrases nest at most this deep below the sentence's own."""
LONE_SHARE = 0.55
ADVERB_SHARE = 0.4
KINDS = len(NOUN_KINDS)

_KIND = {NUMBER_OF[word]: kind for kind, pairs in enumerate(NOUN_KINDS) for pair in pairs for word in pair}
_PLURAL = {NUMBER_OF[word]: number for pair in NOUNS for number, word in enumerate(pair)}
_LONE = frozenset(NUMBER_OF[word] for pair in LONE_VERBS for word in pair)
_ADJECTIVES = frozenset(NUMBER_OF[word] for word in ADJECTIVES)
_PREPOSITIONS = frozenset(NUMBER_OF[word] for word in PREPOSITIONS)


@cache
def lone_verbs(kind: int, number: int) -> Choice:
    """Verbs without an object that suit a noun of this kind and number."""
    return zipf([pair[number] for pair in LONE_VERBS], turn=kind / KINDS, exponent=0.7)


@cache
def object_verbs(kind: int, number: int) -> Choice:
    """Verbs with an object that suit a noun of this kind and number."""
    return zipf([pair[number] for pair in OBJECT_VERBS], turn=kind / KINDS, exponent=0.7)


@cache
def verbs(kind: int, number: int) -> Choice:
    """Every verb that may follow a subject."""
    return mixed(lone_verbs(kind, number), object_verbs(kind, number), LONE_SHARE)


@cache
def full_stop(_kind: int, _number: int) -> Choice:
    """End the sentence, whatever the noun."""
    return sure(STOP)


@cache
def _nouns(topic: int) -> Choice:
    turn = topic / len(TOPICS)
    singular = zipf([pair[0] for pair in NOUNS], turn=turn, exponent=0.6)
    plural = zipf([pair[1] for pair in NOUNS], turn=turn, exponent=0.6)
    return mixed(plural, singular, PLURAL_SHARE)


@cache
def _first_of_noun_phrase(topic: int) -> Choice:
    return mixed(zipf(ADJECTIVES, turn=topic / len(TOPICS), exponent=0.6), _nouns(topic), ADJECTIVE_SHARE)


_MODIFIERS = mixed(spelled({"that": 1.0}), zipf(PREPOSITIONS), 0.55)
_MODIFIER_SHARE = (0.5, 0.25, 0.0)


def noun_phrase(topic: int, depth: int, after: After) -> Words:
    """Say what follows 'the', modifiers included; return the word after the phrase."""
    word = yield _first_of_noun_phrase(topic)
    if word in _ADJECTIVES:
        word = yield _nouns(topic)
    kind, number = _KIND[word], _PLURAL[word]
    then = after(kind, number)
    share = _MODIFIER_SHARE[depth]
    word = yield mixed(_MODIFIERS, then, share) if share else then
    if word in _PREPOSITIONS:
        yield sure(THE)
        return (yield from noun_phrase(topic, DEEPEST, lambda _kind, _number: then))
    if word == THAT and share:
        return (yield from _relative_clause(topic, depth, kind, number, then))
    return word


def _relative_clause(topic: int, depth: int, kind: int, number: int, then: Choice) -> Words:
    """Say the clause after 'that'; the head noun is its subject or, after 'the', its object."""
    word = yield _openings(kind, number)
    if word == THE:
        yield from noun_phrase(topic, depth + 1, object_verbs)
        return (yield then)
    yield sure(THE)
    return (yield from noun_phrase(topic, depth + 1, lambda _kind, _number: then))


@cache
def _openings(kind: int, number: int) -> Choice:
    return mixed(sure(THE), object_verbs(kind, number), 0.5)


_ADVERB_OR_STOP = mixed(zipf(ADVERBS), sure(STOP), ADVERB_SHARE)


def description(topic: int) -> Generator[Choice, int, None]:
    """Say a whole sentence about the world, after its first 'the', the full stop included."""
    verb = yield from noun_phrase(topic, 0, verbs)
    if verb in _LONE:
        if (yield _ADVERB_OR_STOP) != STOP:
            yield sure(STOP)
        return
    yield sure(THE)
    yield from noun_phrase(topic, 1, full_stop)
