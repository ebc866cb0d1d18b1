"""Flipped bits: how many, which, and what they make of a code."""

from __future__ import annotations

import pytest
import torch

from bitline.numerics.storage.flips import flip_bits, flipped_places


def codes(rows: int = 40, columns: int = 50, bits: int = 8, seed: int = 0) -> torch.Tensor:
    top = max(1, 2 ** (bits - 1) - 1)
    form = torch.int8 if bits <= 8 else torch.int32
    return torch.randint(-top, top + 1, (rows, columns), generator=torch.Generator().manual_seed(seed)).to(form)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 12, 24])
def test_no_rate_changes_nothing_and_every_bit_flipped_gives_the_complement(bits):
    given = codes(bits=bits)
    assert torch.equal(flip_bits(given, bits, 0.0, (1,)), given)
    top = max(1, 2 ** (bits - 1) - 1)
    assert torch.equal(flip_bits(given, bits, 1.0, (1,)), (-1 - given.int()).clamp(-top, top).to(given.dtype))


def test_the_number_of_flips_is_that_of_independent_bits():
    count, rate = 4_000_000, 1e-3
    drawn = [len(flipped_places(count, rate, (seed,))) for seed in range(60)]
    mean, spread = torch.tensor(drawn, dtype=torch.float64).mean(), torch.tensor(drawn, dtype=torch.float64).std()
    wanted = (count * rate * (1 - rate)) ** 0.5
    assert abs(mean - count * rate) < 4 * wanted / 60**0.5
    assert 0.7 < spread / wanted < 1.3


def test_every_place_is_as_likely_as_any_other():
    hits = torch.zeros(24)
    for seed in range(3000):
        hits[flipped_places(24, 0.2, (seed,))] += 1
    assert ((hits / 3000 - 0.2).abs() < 5 * (0.2 * 0.8 / 3000) ** 0.5).all()


def test_places_rise_once_each_and_the_first_of_more_bits_are_those_of_fewer():
    places = flipped_places(100_000, 0.3, ("a",))
    assert (places.diff() > 0).all()
    assert places[0] >= 0
    assert places[-1] < 100_000
    fewer = flipped_places(5_000, 0.3, ("a",))
    assert torch.equal(fewer, places[: len(fewer)])


def test_errors_belong_to_the_place():
    given = codes()
    first = flip_bits(given, 8, 1e-2, (0, "layer"))
    assert torch.equal(first, flip_bits(given, 8, 1e-2, (0, "layer")))
    assert not torch.equal(first, flip_bits(given, 8, 1e-2, (1, "layer")))
    changed = given.clone()
    changed[3, 4] = 17
    other = flip_bits(changed, 8, 1e-2, (0, "layer"))
    same = torch.ones_like(given, dtype=torch.bool)
    same[3, 4] = False
    assert torch.equal(other[same], first[same])


def test_one_flip_changes_one_bit():
    given = codes(200, 200, seed=3)
    read = flip_bits(given, 8, 1e-4, (5,))
    hit = (read != given).nonzero()
    assert 0 < len(hit) < 100
    before, after = given[tuple(hit.T)].int(), read[tuple(hit.T)].int()
    bits = (before ^ after) & 255
    one_bit = (bits & (bits - 1)) == 0
    assert (one_bit | (after == -127)).all()


def test_no_code_leaves_its_range():
    for bits in (1, 2, 4, 8):
        top = max(1, 2 ** (bits - 1) - 1)
        read = flip_bits(codes(bits=bits), bits, 0.5, (9,)).int()
        assert read.abs().max() == top
