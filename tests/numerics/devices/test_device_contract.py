"""What the core relies on: one programmed device at any age, within its bounds, the same for the same keys."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.hardware import (
    Cell,
    DeviceTable,
    Drift,
    Faults,
    Flicker,
    Leak,
    Spread,
    Temperature,
    YieldMap,
)
from bitline.hardware.library import part_names
from bitline.numerics.devices import (
    Age,
    constant_variance,
    is_ideal,
    off_level,
    programmed,
    reach,
    reads_noisily,
    replayed,
    variance_reach,
)

AGES = [Age(), Age(seconds=3600.0), Age(seconds=1e7, kelvin=358.0), Age(seconds=1.0, tokens=500.0)]


def every_level(bits, rows=24):
    return torch.arange(1 << bits, dtype=torch.int32).repeat(rows, 1)


@pytest.mark.parametrize("name", part_names("cell"))
@pytest.mark.parametrize("age", AGES)
def test_every_part_stays_within_its_bounds(cell_of, drawing, name, age):
    cell = cell_of(name)
    level = every_level(cell.bits)
    found = programmed(level, cell.bits, cell, drawing(tuple(level.shape)), ("slice", 0), age)
    assert found.level.shape == level.shape
    assert found.level.dtype == torch.float32
    assert bool(found.level.isfinite().all())
    assert float(found.level.abs().max()) <= reach(cell, cell.bits) * (1 + 1e-6)
    assert float(found.level.min()) >= -off_level(cell, cell.bits) * (1 + 1e-6)
    assert (found.variance is not None) == reads_noisily(cell)
    if found.variance is not None:
        assert float(torch.as_tensor(found.variance).max()) <= variance_reach(cell, cell.bits, age) * (1 + 1e-6)
    if is_ideal(cell, age):
        assert torch.equal(found.level, level.to(torch.float32))


@pytest.mark.parametrize("name", ["pcm-joshi", "pcm-hermes", "reram-wan", "flash-wtm2101", "flash-sonos"])
def test_bounds_are_tight_at_the_top(cell_of, drawing, name):
    """Six deviations of the highest states: what is beyond the largest of a hundred thousand cells is two of them."""
    cell = cell_of(name)
    level = torch.full((400, 250), 2**cell.bits - 1, dtype=torch.int32)
    still = Cell(**{field: getattr(cell, field) for field in cell.__slots__} | {"read_noise": None})
    largest = max(
        float(programmed(level - drop, cell.bits, still, drawing((400, 250)), ("s",), Age(seconds=t)).level.max())
        for drop in range(min(2**cell.bits - 1, 10))
        for t in (0.0, 172800.0)
    )
    assert reach(cell, cell.bits) < 1.12 * largest


def test_ideal_cells_are_left_alone():
    cell = Cell(technology="reram", bits=4, on_off_ratio=7.0)
    level = torch.randint(0, 16, (5, 6), dtype=torch.int32)

    def never(_):
        raise AssertionError("nothing should be drawn")

    found = programmed(level, 4, cell, never, ("slice", 0), Age(seconds=1e6, kelvin=350.0))
    assert torch.equal(found.level, level.float())
    assert found.variance is None
    assert reach(cell, 4) == 15.0


def test_plain_spreads_are_what_they_always_were(drawing):
    level = torch.randint(0, 4, (30, 40), dtype=torch.int32)
    for of, unit in (("range", 3.0), ("state", None)):
        cell = Cell(technology="reram", bits=2, on_off_ratio=10.0, programming_noise=Spread(sigma_fraction=0.05, of=of))
        off = 3 / 9
        sigma = 0.05 * (unit or (level + off))
        wanted = (level + sigma * drawing((30, 40))(("slice", 0))).clamp(min=-off)
        found = programmed(level, 2, cell, drawing((30, 40)), ("slice", 0))
        torch.testing.assert_close(found.level, wanted, rtol=1e-5, atol=1e-5)


def test_unequal_slices_share_one_cell(cell_of, drawing):
    cell = cell_of("pcm-joshi", read_noise=None)
    low, high = (programmed(torch.full((8, 8), 2**bits - 1), bits, cell, drawing((8, 8)), ("s",)) for bits in (2, 4))
    torch.testing.assert_close(low.level / 3, high.level / 15)


def test_the_level_asked_for_is_not_changed(cell_of, drawing):
    level = every_level(7)
    before = level.clone()
    programmed(level, 7, cell_of("pcm-joshi"), drawing(tuple(level.shape)), ("slice", 0), Age(seconds=10.0))
    assert torch.equal(level, before)


def test_noise_of_wide_ranges_is_one_number_for_all_cells():
    wide = Cell(technology="reram", bits=2, on_off_ratio=2.0, read_noise=Spread(sigma_fraction=0.02))
    assert constant_variance(wide, 2) == pytest.approx((0.02 * 3) ** 2)
    assert is_ideal(wide)
    narrow = Cell(technology="reram", bits=2, read_noise=Spread(sigma_fraction=0.02))
    assert constant_variance(narrow, 2) is None
    assert not is_ideal(narrow)


def test_a_frozen_read_is_an_error_that_stays(drawing):
    cell = Cell(technology="reram", bits=2, on_off_ratio=2.0, read_noise=Spread(sigma_fraction=0.02, replays=1))
    found = programmed(every_level(2, 4000), 2, cell, drawing((4000, 4)), ("slice", 0))
    assert found.variance is None
    assert not reads_noisily(cell)
    assert float((found.level - every_level(2, 4000)).std()) == pytest.approx(0.06, rel=0.05)


def test_stored_reads_differ_and_come_again(drawing):
    noise = Spread(sigma_fraction=0.02, replays=20)
    cell = Cell(technology="reram", bits=2, on_off_ratio=2.0, read_noise=noise)
    level, draw = every_level(2, 500), drawing((500, 4))
    reads = [replayed(level, 2, cell, draw, ("s",), index=i) for i in range(20)]
    assert torch.equal(reads[3], replayed(level, 2, cell, draw, ("s",), index=3))
    fresh = programmed(level, 2, cell, draw, ("s",))
    assert float((torch.stack(reads).mean(0) - fresh.level).abs().mean()) < 0.06 / math.sqrt(20)
    assert float(torch.stack(reads).var(0).mean()) == pytest.approx(float(fresh.variance), rel=0.05)
    with pytest.raises(ConfigError, match="index = 20 is outside"):
        replayed(level, 2, cell, draw, ("s",), index=20)
    with pytest.raises(ConfigError, match="replays is missing"):
        replayed(level, 2, Cell(technology="reram", bits=2), draw, ("s",), index=0)


def test_stuck_cells_are_stuck_whatever_is_written_and_at_any_age(cell_of, drawing):
    cell = cell_of(
        "pcm-joshi", read_noise=None, faults={"stuck_on_fraction": 0.2, "stuck_off_fraction": 0.1}, on_off_ratio=50.0
    )
    shape = (300, 300)
    level = torch.full(shape, 64, dtype=torch.int32)
    new, old = (programmed(level, 7, cell, drawing(shape), ("s", 0), Age(seconds=t)).level for t in (0.0, 1e6))
    for state, share in ((127.0, 0.2), (0.0, 0.1)):
        stuck = (new - state).abs() < 1e-4
        assert float(stuck.float().mean()) == pytest.approx(share, abs=0.006)
        assert float((old[stuck] - state).abs().max()) < 1e-4


def test_a_yield_map_repeats_and_moves_with_the_slice(drawing):
    stuck = YieldMap(rows=4, columns=8, row=(1, 3), column=(2, 5), state=(1.0, 0.5))
    cell = Cell(technology="reram", bits=2, faults=Faults(map=stuck))
    level = torch.zeros(8, 12, dtype=torch.int32)
    found = [programmed(level, 2, cell, drawing((8, 12)), ("slice", i)).level for i in range(6)]
    for one in found:
        assert sorted(one[one > 0].tolist()) == [1.5] * 3 + [3.0] * 3
        assert set(one.nonzero()[:, 1].remainder(4).tolist()) == {1, 3}
    assert len({tuple(one.nonzero()[0].tolist()) for one in found}) > 1


def test_a_leak_runs_to_its_rest(drawing):
    cell = Cell(technology="gain-cell", bits=3, drift=Drift(leak=Leak(tau_s=5e-3, rest_fraction=0.5)))
    level = every_level(3, 1)
    found = programmed(level, 3, cell, drawing((1, 8)), ("s",), Age(seconds=5e-3)).level
    torch.testing.assert_close(found, 3.5 + (level - 3.5) * math.exp(-1))
    told = Cell(technology="gain-cell", bits=3, drift=Drift(leak=Leak(per_token_fraction=1.6e-4)))
    found = programmed(level, 3, told, drawing((1, 8)), ("s",), Age(tokens=1000)).level
    torch.testing.assert_close(found, level * math.exp(-0.16))


def test_heat_hurries_drift_and_changes_conductance(cell_of, drawing):
    plain, warm = cell_of("pcm-joshi"), {"activation_ev": 0.5, "reference_k": 300.0}
    hurried = cell_of("pcm-joshi", temperature=warm)
    factor = math.exp(0.5 / 8.617333262e-5 * (1 / 300 - 1 / 350))
    level, draw = every_level(7), drawing((24, 128))
    hot = programmed(level, 7, hurried, draw, ("s",), Age(seconds=100.0, kelvin=350.0)).level
    late = programmed(level, 7, plain, draw, ("s",), Age(seconds=100.0 * factor)).level
    # The noise of reading goes with the clock, not with the heat, and so does the little that clipping adds.
    torch.testing.assert_close(hot, late, rtol=0.05, atol=0.1)
    changed = Cell(technology="pcm", bits=7, temperature=Temperature(conductance_fraction_per_k=0.002))
    found = programmed(level, 7, changed, draw, ("s",), Age(kelvin=310.0)).level
    torch.testing.assert_close(found, level * 1.02)


def test_a_measured_table_is_followed_between_its_entries(drawing):
    table = DeviceTable(
        seconds=(1.0, 1.0, 100.0, 100.0),
        state=(0.0, 1.0, 0.0, 1.0),
        mean=(0.1, 1.0, 0.1, 0.8),
        spread=(0.01, 0.02, 0.02, 0.04),
    )
    cell = Cell(technology="mine", bits=1, table=table)
    level = torch.ones(200, 200, dtype=torch.int32)
    for seconds, mean, spread in ((0.0, 1.0, 0.02), (10.0, 0.9, 0.03), (100.0, 0.8, 0.04), (1e9, 0.8, 0.04)):
        found = programmed(level, 1, cell, drawing((200, 200)), ("s",), Age(seconds=seconds)).level
        assert float(found.mean()) == pytest.approx(mean, abs=5 * spread / 200)
        assert float(found.std()) == pytest.approx(spread, rel=0.02)


@given(
    sigma=st.floats(0.001, 0.3),
    of=st.sampled_from(["range", "state"]),
    ratio=st.none() | st.floats(1.5, 1e4),
    bits=st.integers(1, 6),
    read=st.floats(0.0, 0.2),
)
def test_bounds_hold_for_any_spread(sigma, of, ratio, bits, read):
    cell = Cell(
        technology="reram",
        bits=bits,
        on_off_ratio=ratio,
        programming_noise=Spread(sigma_fraction=sigma, of=of),
        read_noise=Spread(sigma_fraction=read, of=of, flicker=Flicker(read_s=1e-6)),
    )
    level = every_level(bits, 50)
    age = Age(seconds=1e4)
    found = programmed(level, bits, cell, lambda which: 5.9 * torch.ones(level.shape).neg_(), ("s",), age)
    assert float(found.level.abs().max()) <= reach(cell, bits) * (1 + 1e-6)
    if found.variance is not None:
        assert float(torch.as_tensor(found.variance).max()) <= variance_reach(cell, bits, age) * (1 + 1e-6)


@pytest.mark.parametrize("name", ["pcm-joshi", "pcm-hermes", "reram-wan", "reram-cmo", "flash-sonos", "reram-taox"])
def test_a_cell_does_not_feel_the_cells_beside_it(cell_of, drawing, name):
    cell = cell_of(name, faults={"stuck_on_fraction": 0.01})
    shape, age = (257, 523), Age(seconds=86400.0)
    whole = drawing(shape)
    level = torch.randint(0, 1 << cell.bits, shape, generator=torch.Generator().manual_seed(0), dtype=torch.int32)
    every = programmed(level, cell.bits, cell, whole, ("s",), age)
    for rows, columns in ((slice(3, 10), slice(0, 523)), (slice(100, 101), slice(7, 20)), (slice(0, 257), slice(1, 2))):
        some = programmed(
            level[rows, columns],
            cell.bits,
            cell,
            lambda which, at=(rows, columns): whole(which)[at].clone(),
            ("s",),
            age,
        )
        assert torch.equal(some.level, every.level[rows, columns])
        if every.variance is not None:
            assert torch.equal(some.variance, every.variance[rows, columns])


def test_bounds_hide_nothing_that_happens(drawing):
    """Errors of five and a half deviations come through as they are."""
    cell = Cell(technology="reram", bits=3, programming_noise=Spread(sigma_fraction=0.1))
    level = every_level(3, 1)
    found = programmed(level, 3, cell, lambda _: torch.full(level.shape, 5.5), ("s",)).level
    torch.testing.assert_close(found, level + 5.5 * 0.7)
    assert reach(cell, 3) == pytest.approx(7 + 6 * 0.7)


def test_a_yield_map_goes_on_through_a_large_matrix(drawing):
    stuck = YieldMap(rows=4, columns=7, row=(1,), column=(2,), state=(1.0,))
    cell = Cell(technology="reram", bits=1, faults=Faults(map=stuck))
    level = torch.zeros(700, 512, dtype=torch.int32)
    found = programmed(level, 1, cell, drawing((700, 512)), ("slice", 0)).level
    assert torch.equal(found[:-7], found[7:])
    assert float(found.mean()) == pytest.approx(1 / 28, rel=1e-3)


@pytest.mark.parametrize("wrong", [{"seconds": -1.0}, {"tokens": -1.0}, {"kelvin": 0.0}, {"seconds": math.nan}])
def test_ages_before_programming_do_not_exist(wrong):
    with pytest.raises(ConfigError, match=f"{next(iter(wrong))} = .* is not a number"):
        Age(**wrong)
