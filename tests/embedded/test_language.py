"""The likelihood of the embedded language is exact, its text is reproducible, and small counts cannot predict it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitline.embedded import entropy_rate_nats, evaluation_text, floor_nats, generate
from bitline.embedded.language import distributions, following, ids_of, score
from bitline.embedded.words import NUMBER_OF, VOCABULARY
from bitline.errors import ConfigError, DataError

SEEDS = st.integers(0, 10_000)


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS, read=st.integers(0, 255))
def test_the_next_word_has_a_distribution_and_it_priced_the_text(seed, read):
    text = generate(256, seed)
    choice = following(text.ids[:read])
    probabilities = [probability for _, probability in choice.pairs()]
    assert math.fsum(probabilities) == pytest.approx(1.0, abs=1e-12)
    assert len(set(choice.words)) == len(choice.words)
    assert set(choice.words) <= set(range(len(VOCABULARY)))
    assert text.entropy_nats[read] == pytest.approx(-sum(p * math.log(p) for p in probabilities))
    assert text.nll_nats[read] == pytest.approx(-math.log(dict(choice.pairs())[text.ids[read]]))


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_the_text_alone_gives_the_likelihood_back(seed):
    text = generate(512, seed)
    again = score(ids_of(text.words))
    np.testing.assert_array_equal(again.ids, text.ids)
    np.testing.assert_array_equal(again.nll_nats, text.nll_nats)


def test_text_is_a_function_of_the_seed():
    first, again, other = generate(2000, 7), generate(2000, 7), generate(2000, 8)
    np.testing.assert_array_equal(first.ids, again.ids)
    assert (first.ids != other.ids).any()


def test_text_is_whole_tales_that_begin_with_the_start_token():
    text = generate(1000, 0, tale_tokens=96)
    assert text.tales.shape == (11, 96)
    assert (text.tales[:, 0] == NUMBER_OF["<s>"]).all()
    assert not (text.tales[:, 1:] == NUMBER_OF["<s>"]).any()


def test_evaluation_shares_no_tale_with_training():
    trained = {tale.tobytes() for seed in range(20) for tale in generate(4096, seed).tales}
    assert not trained & {tale.tobytes() for tale in evaluation_text(4096, 0).tales}


def test_floor_of_a_text_is_the_entropy_rate_but_for_chance():
    drawn, averaged = generate(200_000, 1), generate(200_000, 2)
    surplus = drawn.nll_nats - drawn.entropy_nats
    chance = surplus.std() / math.sqrt(surplus.size)
    # The words drawn are priced as the distributions say (one text), and two texts agree.
    assert abs(floor_nats(drawn) - entropy_rate_nats(drawn)) < 4 * chance
    spread = drawn.nll_nats.reshape(-1, 256).mean(axis=1).std() / math.sqrt(len(drawn.tales))
    assert abs(floor_nats(drawn) - entropy_rate_nats(averaged)) < 5 * spread
    assert 2.5 < math.exp(floor_nats(drawn)) < 8.0


def test_floor_counts_predicted_tokens_only():
    text = generate(512, 3)
    assert floor_nats(text) == pytest.approx(text.nll_nats.sum() / (2 * 255))
    assert (text.tales[:, 0] == 0).all()
    assert (text.nll_nats[::256] == 0).all()


def test_counting_words_and_pairs_is_far_from_the_floor():
    text = generate(300_000, 4)
    after, before = text.tales[:, 1:].ravel(), text.tales[:, :-1].ravel()
    pairs = np.zeros((len(VOCABULARY), len(VOCABULARY)))
    np.add.at(pairs, (before, after), 1)
    floor = math.exp(floor_nats(text))
    assert _perplexity(pairs.sum(axis=0, keepdims=True)) > 20 * floor
    assert _perplexity(pairs) > 2.5 * floor


def _perplexity(counts: np.ndarray) -> float:
    """Perplexity of the best model that knows the row only, on the text it was counted on (a lower bound)."""
    rows = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, rows, out=np.ones_like(counts), where=counts > 0)
    return math.exp(-(counts * np.log(shares)).sum() / counts.sum())


def test_distributions_hold_the_likelihood_of_the_text():
    text = generate(2048, 9)
    exact = distributions(text)
    assert exact.shape == (2048, len(VOCABULARY))
    np.testing.assert_allclose(exact.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(-np.log(exact[np.arange(2048), text.ids]), text.nll_nats, atol=1e-5)


def test_every_word_is_distinct_and_used():
    assert len(set(VOCABULARY)) == len(VOCABULARY)
    assert 200 <= len(VOCABULARY) <= 500
    assert np.bincount(generate(300_000, 5).ids, minlength=len(VOCABULARY)).min() > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tokens": 0, "seed": 0}, "tokens = 0 is outside 1"),
        ({"tokens": 10, "seed": -1}, "seed = -1 is outside 0"),
        ({"tokens": 10, "seed": 0, "tale_tokens": 1}, "tale_tokens = 1 is outside 2"),
    ],
)
def test_numbers_out_of_range_are_refused(arguments, message):
    for draw in (generate, evaluation_text):
        with pytest.raises(ConfigError, match=message):
            draw(**arguments)


def test_a_word_outside_the_vocabulary_is_refused():
    with pytest.raises(ConfigError, match=r"'cats!' is not one of .* Nearest: 'cats'"):
        ids_of("the cats!")


def test_a_text_the_language_does_not_have_is_refused():
    with pytest.raises(DataError, match=r"'mill' cannot come here\. Allowed: tale"):
        following(ids_of("<s> a mill"))
    with pytest.raises(DataError, match="3 tokens are not whole tales of 256"):
        score(ids_of("<s> a tale"))
