"""Physical converters, each stage against a calculation one value and one decision at a time."""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import Adc, Transfer
from bitline.numerics.converters import Distortion, converters_of, distortion
from bitline.numerics.converters.sar import Sar, thresholds, weights_of
from bitline.numerics.converters.sense import Sense
from bitline.numerics.converters.table import Table

SIGNALS = torch.linspace(-140.0, 140.0, 997)


def made(adc: Adc, low=-127, high=127, columns=4, key=("test",), **given) -> Distortion:
    found = distortion(adc, low, high, torch.arange(columns), key=key, **given)
    assert found is not None
    return found


def read(adc: Adc, signals=SIGNALS, **given) -> torch.Tensor:
    columns = given.get("columns", 4)
    return made(adc, **given).codes(signals[:, None].expand(-1, columns).clone())


def test_an_ideal_converter_has_none():
    assert distortion(Adc(bits=8, noise_codes=1.0), -127, 127, torch.arange(3)) is None
    assert distortion(Adc(bits=8, inl_codes=(0.0, 0.0)), -127, 127, torch.arange(3)) is None


@pytest.mark.parametrize(
    "adc",
    [
        Adc(bits=8, gain_spread_fraction=0.02, offset_spread_codes=1.0),
        Adc(bits=8, inl_codes=(0.0, -3.9, 0.0, 3.9), inl_spread_codes=(0.5,)),
        Adc(bits=8, capacitor_spread_fraction=0.02),
        Adc(bits=8, transfer=Transfer(threshold_codes=(-1.0, 40.0, 41.5))),
        Adc(bits=8, transfer=Transfer(threshold_codes=tuple(float(i * i) / 200 for i in range(100)))),
        Adc(
            bits=8,
            gain_spread_fraction=0.02,
            inl_codes=(1.0,),
            capacitor_spread_fraction=0.02,
            transfer=Transfer(threshold_codes=tuple(i + 0.5 for i in range(200))),
        ),
    ],
)
def test_codes_are_whole_in_range_and_the_same_for_the_same_converter_wherever_it_stands(adc):
    codes = read(adc)
    assert torch.equal(codes, codes.round())
    assert codes.min() >= -127
    assert codes.max() <= 127
    together = made(adc, columns=3000)
    alone = distortion(adc, -127, 127, torch.tensor([2999, 5, 5]), key=("test",))
    assert alone is not None
    want = together.codes(SIGNALS[:, None].expand(-1, 3000).clone())[:, [2999, 5, 5]]
    assert torch.equal(alone.codes(SIGNALS[:, None].expand(-1, 3).clone()), want)


def test_another_key_or_number_is_another_converter():
    adc = Adc(bits=8, offset_spread_codes=5.0)
    one, other = read(adc), read(adc, key=("other",))
    assert not torch.equal(one, other)
    assert not torch.equal(one[:, 0], one[:, 1])


def test_gain_and_offset_have_the_stated_spread_and_zero_stays_without_offset():
    adc = Adc(bits=8, gain_spread_fraction=0.02, offset_spread_codes=1.5)
    stage = made(adc, columns=20000, zero=31.5, low=0, high=63).stages[0]
    assert float(stage.gain.std()) == pytest.approx(0.02, rel=0.03)
    at_zero = stage.apply(torch.full((1, 20000), 31.5)) - 31.5
    assert float(at_zero.std()) == pytest.approx(1.5, rel=0.03)
    assert abs(float(at_zero.mean())) < 0.05
    gain_only = made(Adc(bits=8, gain_spread_fraction=0.02), zero=31.5, low=0, high=63).stages[0]
    torch.testing.assert_close(gain_only.apply(torch.full((1, 4), 31.5)), torch.full((1, 4), 31.5))


@given(
    st.lists(st.floats(min_value=-4, max_value=4), min_size=1, max_size=6),
    st.sampled_from([(-127, 127), (0, 63), (0, 64)]),
)
def test_non_linearity_is_the_polynomial(coefficients, limits):
    low, high = limits
    signals = torch.linspace(low - 3.0, high + 3.0, 300)
    adc = Adc(bits=8, inl_codes=tuple(coefficients))
    found = distortion(adc, low, high, torch.arange(1))
    t = np.clip((signals.numpy() - (low + high) / 2) / ((high - low) / 2), -1, 1)
    want = signals.numpy() + np.polynomial.polynomial.polyval(t, coefficients)
    if found is None:
        assert not any(coefficients)
    else:
        np.testing.assert_allclose(found.stages[0].apply(signals[:, None].clone())[:, 0], want, atol=2e-4)


def test_what_is_far_beyond_the_range_still_reads_as_its_end():
    adc = Adc(bits=8, inl_codes=(0.0, 0.0, 0.0, -6.0))
    assert read(adc, torch.tensor([-1e6, -400.0, 400.0, 1e6]))[:, 0].tolist() == [-127, -127, 127, 127]


def one_by_one(signal: float, weights: list[float]) -> int:
    """Decide bit by bit on one signal, in double precision."""
    connected, code = 0.0, 0
    for bit in reversed(range(len(weights))):
        if signal + 0.5 >= connected + weights[bit]:
            connected += weights[bit]
            code += 1 << bit
    return code


@given(
    st.integers(min_value=1, max_value=7), st.integers(min_value=0, max_value=999), st.sampled_from([0.0, 0.05, 0.5])
)
def test_capacitors_decide_as_nested_intervals_and_bit_by_bit(bits, seed, spread):
    """Three ways that must agree: in place, bit by bit for one signal, by bisection in the table of thresholds."""
    source = torch.Generator().manual_seed(seed)
    # Multiples of 1/1024 make every sum exact, so that ties are ties in each of the ways.
    deviations = spread * torch.randn(bits + 1, 3, generator=source, dtype=torch.float64)
    weights = torch.round(weights_of(deviations) * 1024) / 1024
    top = 1 << bits
    signals = torch.randint(-2048, (top + 2) * 1024, (200, 3), generator=source) / 1024.0
    table = thresholds(weights)
    assert (table.diff(dim=0) >= 0).all(), "a code never falls when the signal rises"
    signals = torch.cat([signals, table.nan_to_num(posinf=float(top), neginf=-2.0).to(torch.float32)])
    found = Sar(weights.to(torch.float32), 0).apply(signals.clone())
    for column in range(3):
        edges, own = table[:, column].tolist(), weights[:, column].tolist()
        assert found[:, column].tolist() == [bisect_right(edges, one) for one in signals[:, column].tolist()]
        assert found[:, column].tolist() == [one_by_one(one, own) for one in signals[:, column].tolist()]


def test_matching_capacitors_round():
    weights = weights_of(torch.zeros(9, 1, dtype=torch.float64)).to(torch.float32)
    signals = torch.linspace(-3.0, 258.0, 1001)
    found = Sar(weights, 0).apply(signals[:, None].clone())[:, 0]
    assert torch.equal(found, torch.floor(signals + 0.5).clamp(0, 255))
    signed = Sar(weights, 128).apply(signals[:, None] - 128.0)[:, 0]
    assert torch.equal(signed, found - 128)


def test_capacitor_mismatch_has_the_textbook_deviation_at_the_middle_code():
    """Half of 2**b units stand against the other half: s sqrt(2**b) / 2 codes about the middle."""
    bits, spread = 8, 0.01
    deviations = spread * torch.randn(bits + 1, 40000, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    middle = weights_of(deviations)[bits - 1]
    assert float(middle.std()) == pytest.approx(spread * math.sqrt(2**bits) / 2, rel=0.02)
    assert float(middle.mean()) == pytest.approx(2 ** (bits - 1), abs=0.01)


@given(
    st.lists(st.floats(min_value=-20, max_value=300, width=32), min_size=1, max_size=60, unique=True).map(sorted),
    st.integers(min_value=0, max_value=999),
    st.booleans(),
)
def test_a_transfer_table_gives_the_output_of_the_last_threshold_reached(edges, seed, listed):
    source = torch.Generator().manual_seed(seed)
    signals = torch.cat(
        [torch.rand(200, generator=source) * 340 - 30, torch.tensor(edges), torch.tensor([-torch.inf, torch.inf])]
    )
    outputs = tuple(torch.randint(0, 255, (len(edges),), generator=source).tolist()) if listed else ()
    transfer = Transfer(threshold_codes=tuple(edges), output_codes=tuple(map(float, outputs)), below_codes=3.0)
    found = distortion(Adc(bits=8, transfer=transfer), 0, 255, torch.arange(2))
    assert found is not None
    assert isinstance(found.stages[0], Sense if len(edges) <= 12 else Table)
    given_out = [3.0, *(outputs or range(1, len(edges) + 1))]
    want = [given_out[bisect_right(edges, one)] for one in signals.tolist()]
    assert found.codes(signals[:, None].expand(-1, 2).clone())[:, 1].tolist() == want


def test_a_look_up_may_give_out_what_is_no_whole_code():
    transfer = Transfer(threshold_codes=(0.5, 1.5), output_codes=(1.25, 2.0))
    found = distortion(Adc(bits=2, transfer=transfer), 0, 3, torch.arange(1))
    assert found is not None
    assert not found.whole
    assert found.codes(torch.tensor([[0.0], [1.0], [9.0]])).flatten().tolist() == [0.0, 1.25, 2.0]


def test_thresholds_count_from_the_lowest_code():
    transfer = Transfer(threshold_codes=tuple(i + 0.5 for i in range(14)))
    found = distortion(Adc(bits=4, transfer=transfer), -7, 7, torch.arange(1))
    signals = torch.linspace(-9, 9, 181)
    assert found is not None
    assert torch.equal(found.codes(signals[:, None].clone())[:, 0], torch.floor(signals + 0.5).clamp(-7, 7))


def test_columns_are_shared_out_evenly():
    found = converters_of(torch.arange(20), columns=10, per_array=4)
    assert found.tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 6, 7, 7]
    assert converters_of(torch.arange(6), columns=3, per_array=1).tolist() == [0, 0, 0, 1, 1, 1]
    assert converters_of(torch.arange(6), columns=3, per_array=3).tolist() == [0, 1, 2, 3, 4, 5]
