"""A choice: the exact distribution of the next word, from which a word is drawn or a given word is priced."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate

from bitline.embedded.words import NUMBER_OF


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """A distribution over words: distinct token ids, probabilities that sum to one, and what follows from them."""

    words: tuple[int, ...]
    cumulative: tuple[float, ...]
    """Running sum of the probabilities, without the last: `bisect` of a uniform draw gives the place drawn."""
    nats: tuple[float, ...]
    """-ln(probability) of each word."""
    entropy_nats: float

    def pairs(self) -> tuple[tuple[int, float], ...]:
        """List (token id, probability)."""
        return tuple((word, math.exp(-nats)) for word, nats in zip(self.words, self.nats, strict=True))


@lru_cache(maxsize=1 << 14)
def weighed(pairs: tuple[tuple[int, float], ...]) -> Choice:
    """Build a choice from (token id, weight); weights need not sum to one, zero weights are left out."""
    kept = [(word, weight) for word, weight in pairs if weight > 0]
    total = math.fsum(weight for _, weight in kept)
    shares = [weight / total for _, weight in kept]
    nats = tuple(-math.log(share) for share in shares)
    return Choice(
        words=tuple(word for word, _ in kept),
        cumulative=tuple(accumulate(shares))[:-1],
        nats=nats,
        entropy_nats=math.fsum(share * nat for share, nat in zip(shares, nats, strict=True)),
    )


def spelled(weights: dict[str, float]) -> Choice:
    """Build a choice from words and weights."""
    return weighed(tuple((NUMBER_OF[word], weight) for word, weight in weights.items()))


def zipf(words: Sequence[str], turn: float = 0.0, exponent: float = 1.0) -> Choice:
    """Give the word of rank r the weight r**-exponent; `turn` (0 to 1) is where along the list rank 1 sits."""
    first = int(turn * len(words))
    return spelled({word: (1 + (n - first) % len(words)) ** -exponent for n, word in enumerate(words)})


@cache
def mixed(first: Choice, second: Choice, share: float) -> Choice:
    """Take the first choice with probability `share`, else the second; they have no word in common."""
    parts = ((first, share), (second, 1.0 - share))
    return weighed(tuple((word, scale * p) for choice, scale in parts for word, p in choice.pairs()))


@cache
def sure(word: int) -> Choice:
    """Give the choice that leaves none."""
    return weighed(((word, 1.0),))


def among(words: Iterable[int]) -> Choice:
    """Give each of the words the same probability."""
    return weighed(tuple((word, 1.0) for word in words))


@cache
def phrase(text: str) -> tuple[Choice, ...]:
    """Give the certain choices that spell out a fixed phrase."""
    return tuple(sure(NUMBER_OF[word]) for word in text.split())
