"""Text in the embedded language, with its exact likelihood: what a perfect model of the language would score.

A text is a run of tales of one length, each cut where that length ends; the next starts afresh with the start
token. Read in windows of whole tales, nothing that a word depends on lies outside its window, so no model can do
better on average than the floor. The first token of each tale is given, never predicted.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bitline.embedded.choice import Choice
from bitline.embedded.tale import tell
from bitline.embedded.words import NUMBER_OF, VOCABULARY
from bitline.errors import DataError, listed, not_one_of, outside

TALE_TOKENS = 256
"""Length of a tale unless told otherwise; the embedded model's context."""

MOST_TOKENS = 100_000_000
SEEDS = 1_000_000_000
"""Seeds are smaller than this; evaluation has as many of its own, beyond those of training."""

_Entry: TypeAlias = tuple[int, float, float]
"""Token id, -ln(probability), entropy of its distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Whole tales, one after another; arrays of shape (tokens,)."""

    ids: NDArray[np.int64]
    nll_nats: NDArray[np.float64]
    """-ln(probability) of each token given its tale so far; zero for the first token of a tale."""
    entropy_nats: NDArray[np.float64]
    """Entropy of the distribution each token was drawn from."""
    tale_tokens: int

    @property
    def tales(self) -> NDArray[np.int64]:
        """The ids as (tales, tale_tokens): the windows to show a model."""
        return self.ids.reshape(-1, self.tale_tokens)

    @property
    def words(self) -> str:
        """The text itself, words apart by spaces."""
        return " ".join(VOCABULARY[word] for word in self.ids)


def generate(tokens: int, seed: int, tale_tokens: int = TALE_TOKENS) -> Text:
    """Draw a text of at least `tokens` tokens, rounded up to whole tales.

    Raises:
        ConfigError: when a number is out of its range.

    """
    _check("tokens", tokens, 1, MOST_TOKENS)
    _check("seed", seed, 0, SEEDS - 1)
    _check("tale_tokens", tale_tokens, 2, MOST_TOKENS)
    return _drawn(tokens, seed, tale_tokens)


def evaluation_text(tokens: int, seed: int = 0, tale_tokens: int = TALE_TOKENS) -> Text:
    """Draw a text that `generate`, and so the training of the embedded model, never gives; else the same.

    Raises:
        ConfigError: when a number is out of its range.

    """
    _check("tokens", tokens, 1, MOST_TOKENS)
    _check("seed", seed, 0, SEEDS - 1)
    _check("tale_tokens", tale_tokens, 2, MOST_TOKENS)
    return _drawn(tokens, SEEDS + seed, tale_tokens)


def score(ids: NDArray[np.int64], tale_tokens: int = TALE_TOKENS) -> Text:
    """Price a given text, shape (tokens,), whole tales.

    Raises:
        DataError: when the language has no such text.

    """
    if ids.size == 0 or ids.size % tale_tokens:
        raise DataError(f"embedded language: {ids.size} tokens are not whole tales of {tale_tokens}.")
    rows = ids.reshape(-1, tale_tokens)
    return _text((entry for row in rows for entry in _read(row.tolist())), len(rows), tale_tokens)


def following(ids: NDArray[np.int64]) -> Choice:
    """Give the exact distribution of the word after the beginning of a tale, shape (tokens,), one or more.

    Raises:
        DataError: when no tale begins so.

    """
    telling = tell()
    choice = next(telling)
    for word in ids.tolist():
        _place(choice, word)
        choice = telling.send(word)
    return choice


def distributions(text: Text) -> NDArray[np.float32]:
    """Give the exact distribution of each token given its tale so far, shape (tokens, words of the vocabulary)."""
    rows = (_row(choice) for tale in text.tales for choice in _choices(tale.tolist()))
    return np.stack(list(rows))


def floor_nats(text: Text) -> float:
    """Mean -ln(probability) per predicted token: the loss of a perfect model on this very text."""
    return float(text.nll_nats.sum() / _predicted(text))


def entropy_rate_nats(text: Text) -> float:
    """Mean entropy per predicted token: the same floor, without the luck of the draw of each word."""
    return float(text.entropy_nats.sum() / _predicted(text))


def ids_of(words: str) -> NDArray[np.int64]:
    """Turn words apart by spaces into token ids.

    Raises:
        ConfigError: when a word is not in the vocabulary.

    """
    for word in words.split():
        if word not in NUMBER_OF:
            raise not_one_of("word", word, VOCABULARY, "embedded language")
    return np.array([NUMBER_OF[word] for word in words.split()], dtype=np.int64)


def _predicted(text: Text) -> int:
    return text.ids.size - text.ids.size // text.tale_tokens


def _check(field: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise outside(field, value, low, high, "", "embedded language")


def _drawn(tokens: int, seed: int, tale_tokens: int) -> Text:
    tales = -(-tokens // tale_tokens)
    draws = np.random.default_rng(seed).random((tales, tale_tokens))
    return _text((entry for row in draws for entry in _told(row.tolist())), tales, tale_tokens)


def _text(entries: Iterator[_Entry], tales: int, tale_tokens: int) -> Text:
    table = np.fromiter(entries, dtype=np.dtype("i8,f8,f8"), count=tales * tale_tokens)
    ids, nll, entropy = (np.ascontiguousarray(table[column]) for column in ("f0", "f1", "f2"))
    return Text(ids=ids, nll_nats=nll, entropy_nats=entropy, tale_tokens=tale_tokens)


def _told(draws: list[float]) -> Iterator[_Entry]:
    """Tell a tale; each draw, uniform between 0 and 1, settles one word."""
    telling = tell()
    choice = next(telling)
    for draw in draws:
        at = bisect(choice.cumulative, draw)
        word = choice.words[at]
        yield word, choice.nats[at], choice.entropy_nats
        choice = telling.send(word)


def _read(words: list[int]) -> Iterator[_Entry]:
    """Let a given tale settle the words."""
    for word, choice in zip(words, _choices(words), strict=True):
        yield word, choice.nats[_place(choice, word)], choice.entropy_nats


def _choices(words: list[int]) -> Iterator[Choice]:
    """Give the choice each word of a tale is from."""
    telling = tell()
    choice = next(telling)
    for word in words:
        yield choice
        choice = telling.send(word)


@lru_cache(maxsize=1 << 14)
def _row(choice: Choice) -> NDArray[np.float32]:
    row = np.zeros(len(VOCABULARY), dtype=np.float32)
    row[list(choice.words)] = np.exp(-np.array(choice.nats))
    return row


def _place(choice: Choice, word: int) -> int:
    if word not in choice.words:
        likely = listed(VOCABULARY[other] for other in choice.words)
        raise DataError(f"embedded language: {VOCABULARY[word]!r} cannot come here. Allowed: {likely}.")
    return choice.words.index(word)
