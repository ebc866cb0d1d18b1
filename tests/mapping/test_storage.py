"""Weights, keys and values against the capacity of memories."""

from __future__ import annotations

import pytest

from bitline.errors import CapacityError, ConfigError
from bitline.mapping import hold, place
from bitline.mapping.storage import CacheHome, cache_home, stored_bytes
from bitline.operators import MatMul


def attention():
    return MatMul(name="scores", role="scores", vectors=8, k=4, n=8, stationary="cache")


def test_bytes_of_weights_and_cache(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(memory="dram", bits=4)})
    workload = stack([attention(), MatMul(name="w", role="w", vectors=8, k=10, n=10)], layers=3, head=False)
    home = cache_home(workload, chip)
    assert home is not None
    assert (home.memory, home.bits) == ("dram", 4)
    assert stored_bytes(hold(workload, chip), chip, home, 100.0) == {"dram": 150 + 50}


def test_too_many_bytes(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(memory="dram")})
    workload = stack([attention()], head=False)
    with pytest.raises(
        CapacityError,
        match=r"'dram' holds 1,000 bytes, and keys and values need 2,500 bytes: 1,500 bytes too few.*3 such memories",
    ):
        stored_bytes(hold(workload, chip), chip, cache_home(workload, chip), 2500.0)


def test_weights_alone_that_are_too_many(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(memory="dram")})
    workload = stack([MatMul(name="w", role="w", vectors=8, k=4096, n=1024)], layers=1, head=False)
    with pytest.raises(CapacityError) as told:
        stored_bytes(hold(workload, chip), chip, None, 0.0)
    assert "and weights need 4.194 MB: 4.193 MB too few. 4,195 such memories" in str(told.value)
    assert "eys and values" not in str(told.value)


def test_keys_and_values_that_stay_must_fit_their_units(toy, chip_of, stack) -> None:
    workload = stack([attention()], layers=3, head=False)
    rewritten = chip_of({"a": toy(units=5, refuses="kv_write")})
    plan = place(workload, rewritten, hold(workload, rewritten))
    assert [(seat.units, seat.own) for seat in plan.blocks[0].seats] == [(2, False)]
    chip = chip_of({"a": toy(units=5)})
    assert cache_home(workload, chip) == CacheHome(None, 8)
    with pytest.raises(CapacityError, match="5 units, and keys and values of 1 x 8 tokens need 6 on it, 1 too few"):
        place(workload, chip, hold(workload, chip))


def test_a_memory_that_is_not_there(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(memory="dramm")})
    holdings = hold(stack([], layers=1), chip)
    with pytest.raises(ConfigError, match=r"toy: memory = 'dramm' is not one of dram. Nearest: 'dram'"):
        stored_bytes(holdings, chip, None, 0.0)
