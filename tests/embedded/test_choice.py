"""A choice is a distribution, and a uniform draw looks its words up with their probabilities."""

import math
from bisect import bisect
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.embedded.choice import mixed, spelled, sure, weighed, zipf
from bitline.embedded.words import NUMBER_OF

WEIGHTS = st.lists(st.floats(0.01, 100.0), min_size=1, max_size=20).map(lambda ws: tuple(enumerate(ws)))


@given(pairs=WEIGHTS)
def test_probabilities_are_the_shares_of_the_weights(pairs):
    total = sum(weight for _, weight in pairs)
    for (word, weight), (given_word, probability) in zip(pairs, weighed(pairs).pairs(), strict=True):
        assert word == given_word
        assert probability == pytest.approx(weight / total)


@given(pairs=WEIGHTS)
def test_even_draws_come_out_in_proportion(pairs):
    choice, draws = weighed(pairs), 2000
    drawn = Counter(choice.words[bisect(choice.cumulative, (n + 0.5) / draws)] for n in range(draws))
    for word, probability in choice.pairs():
        assert abs(drawn[word] - draws * probability) <= 1.0 + 1e-6


def test_entropy_of_known_choices():
    assert weighed(((1, 1.0), (2, 1.0), (3, 1.0), (4, 1.0))).entropy_nats == pytest.approx(math.log(4))
    assert sure(3).entropy_nats == 0.0


def test_zero_weights_are_left_out():
    assert weighed(((1, 1.0), (2, 0.0))).words == (1,)


def test_zipf_turns_its_favourite():
    words = ("mill", "well", "inn", "tower")
    straight, turned = dict(zipf(words).pairs()), dict(zipf(words, turn=0.5).pairs())
    assert straight[NUMBER_OF["mill"]] == pytest.approx(12 / 25)
    assert straight[NUMBER_OF["well"]] == pytest.approx(6 / 25)
    assert turned[NUMBER_OF["inn"]] == pytest.approx(12 / 25)
    assert turned[NUMBER_OF["mill"]] == pytest.approx(4 / 25)


def test_mixing_scales_both():
    mix = dict(mixed(spelled({"she": 1.0}), spelled({"he": 1.0, "the": 3.0}), 0.2).pairs())
    assert mix == pytest.approx({NUMBER_OF["she"]: 0.2, NUMBER_OF["he"]: 0.2, NUMBER_OF["the"]: 0.6})
