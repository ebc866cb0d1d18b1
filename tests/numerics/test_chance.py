"""Noise that depends on nothing but its key and its row."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bitline.numerics.chance import fingerprints, generator, normal_rows, number

torch.set_num_threads(1)


def codes(rows: int, k: int = 64, seed: int = 0) -> torch.Tensor:
    return torch.randint(-127, 128, (rows, k), generator=torch.Generator().manual_seed(seed), dtype=torch.int8)


def test_keys_are_told_apart_by_type_and_cut():
    keys = [(0, "a"), (0, "a", ""), ("0", "a"), (0, "a", 0), (1, "a"), ("0a",)]
    assert len({number(key) for key in keys}) == len(keys)


def test_generator_repeats():
    first, again = (torch.randn(5, generator=generator((1, "x"))) for _ in range(2))
    assert torch.equal(first, again)


def test_fingerprints_follow_the_row_and_only_the_row():
    some = codes(500)
    marks = fingerprints(some)
    assert torch.equal(fingerprints(some[100:101]), marks[100:101])
    assert len(marks.unique()) == 500
    one_off = some.clone()
    one_off[:, 3] = one_off[:, 3] ^ 1
    assert not (fingerprints(one_off) == marks).any()


@pytest.mark.parametrize("dtype", [torch.int8, torch.int32])
def test_fingerprints_take_wide_codes(dtype):
    assert len(fingerprints(codes(50).to(dtype)).unique()) == 50


def test_noise_is_standard_normal_and_independent_between_rows_and_keys():
    marks = fingerprints(codes(2000))
    noise = normal_rows(marks, [(0, "a")], 300)
    assert float(noise.mean()) == pytest.approx(0, abs=4 / 600000**0.5 + 1e-3)
    assert float(noise.var()) == pytest.approx(1, rel=0.01)
    fourth = float(noise.pow(4).mean())
    assert fourth == pytest.approx(3, rel=0.03)
    other = normal_rows(marks, [(0, "b")], 300)
    assert abs(float((noise * other).mean())) < 0.01
    between = torch.corrcoef(noise[:400])
    assert float((between - torch.eye(400)).abs().mean()) == pytest.approx((2 / torch.pi / 300) ** 0.5, rel=0.1)


def test_what_a_row_draws_does_not_depend_on_its_length_or_on_the_other_keys():
    marks = fingerprints(codes(6)).view(2, 3)
    keys = [(0, "a"), (0, "b")]
    both = normal_rows(marks, keys, 200)
    assert both.shape == (2, 3, 400)
    assert torch.equal(both[..., :200], normal_rows(marks, keys[:1], 200))
    assert torch.equal(both[..., 200:250], normal_rows(marks, keys[1:], 50))
    long = normal_rows(marks, keys[:1], (1 << 16) + 5)
    assert torch.equal(long[..., :200], both[..., :200])


def test_zeros_at_the_end_of_a_row_do_not_change_its_fingerprint():
    some = codes(5, k=5000)
    longer = torch.nn.functional.pad(some, (0, 4000))
    assert torch.equal(fingerprints(longer), fingerprints(some))
    assert not (fingerprints(some[:, :4999]) == fingerprints(some)).any()


def test_a_key_means_the_same_in_any_integer_type():
    assert number((int(np.int64(7)), "a")) == number((np.int64(7), "a")) == number((7, "a")) != number(("7", "a"))


def test_long_rows_are_not_periodic():
    noise = normal_rows(fingerprints(codes(2)), [(0,)], (1 << 16) + 1000)
    assert noise.shape == (2, (1 << 16) + 1000)
    assert not torch.equal(noise[:, :1000], noise[:, 1 << 16 :])
