"""Tiles of read-compute rounds: nothing is lost, and no other split into whole tiles is sooner."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.flash_tiles import Tile, _pieces, all_on_dies, channel_tile, round_tile, split

SMALL, LARGE = Tile(256, 256), Tile(512, 512)


@pytest.mark.parametrize(
    ("dies", "tile"), [(4, Tile(256, 256)), (8, Tile(256, 512)), (16, Tile(512, 512)), (6, Tile(256, 384))]
)
def test_a_channel_takes_the_squarest_tile(dies: int, tile: Tile) -> None:
    assert channel_tile(dies * 16384) == tile


def test_channels_side_by_side_by_hand() -> None:
    assert round_tile(SMALL, 8, 4096) == Tile(2048, 256), "the published optimum of S"
    assert round_tile(LARGE, 32, 4096) == Tile(4096, 2048)
    assert round_tile(LARGE, 32, 5120) == Tile(8192, 1024)
    assert round_tile(LARGE, 32, 36864) == Tile(16384, 512)


def test_what_channels_do_not_divide_takes_more_rounds_by_hand() -> None:
    assert all_on_dies(4096, 4096, LARGE, 32).rounds == 2
    assert all_on_dies(5120, 5120, LARGE, 32).rounds == 5, "3.1 rounds if it could be cut at will"
    assert all_on_dies(20480, 5120, LARGE, 32).rounds == 10 + 3, "a second strip of 4,096 inputs, 2,048 outputs wide"
    assert all_on_dies(5120, 5120, SMALL, 8).rounds == 50


@given(k=st.integers(1, 5000), n=st.integers(1, 5000), channels=st.integers(1, 40))
def test_every_weight_is_in_one_tile(k: int, n: int, channels: int) -> None:
    pieces = _pieces(k, n, SMALL, channels)
    assert sum(count * values for count, values in pieces) == k * n
    assert max(values for _, values in pieces) <= channels * 256 * 256


@given(
    k=st.integers(1, 60), n=st.integers(1, 40), round_s=st.floats(0.5, 20), host_s=st.floats(0.001, 1),
    channels=st.integers(1, 4),
)  # fmt: skip
def test_no_other_split_into_whole_tiles_is_sooner(
    k: int, n: int, round_s: float, host_s: float, channels: int
) -> None:
    tile = Tile(16, 16)
    tiles = [values for count, values in _pieces(k, n, tile, channels) for _ in range(count)]
    found = split(k, n, tile, channels, round_s=round_s, host_s_per_value=host_s)
    ours = max(float(found.rounds) * round_s, float(found.host_values) * host_s)
    others = [
        max((len(tiles) - number) * round_s, sum(chosen) * host_s)
        for number in range(len(tiles) + 1)
        for chosen in combinations(tiles, number)
    ]
    assert ours == pytest.approx(min(others))


@given(k=st.integers(1, 9000), n=st.integers(1, 9000), host_s=st.floats(1e-13, 1e-8))
def test_the_host_never_makes_it_later(k: int, n: int, host_s: float) -> None:
    found = split(k, n, LARGE, 32, round_s=30e-6, host_s_per_value=host_s)
    assert max(found.rounds * 30e-6, found.host_values * host_s) <= all_on_dies(k, n, LARGE, 32).rounds * 30e-6 + 1e-15
    assert 0 <= found.host_values <= k * n
