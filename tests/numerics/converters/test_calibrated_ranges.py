"""Ranges found from sums seen: exact in any order, and as good as trying every range."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import Adc
from bitline.numerics.converters import Histogram, code_limits, range_from, step_and_zero

SUMS = st.lists(
    st.floats(min_value=-(2.0**99), max_value=2.0**99, width=32).filter(lambda x: x == 0 or abs(x) > 1e-20)
    | st.integers(min_value=-100, max_value=100).map(float),
    min_size=1,
    max_size=40,
)


def counted(*parts: torch.Tensor, bins: int = 2048) -> Histogram:
    found = Histogram(1, bins)
    for part in parts:
        found.add(part.reshape(-1, 1), torch.zeros(1, dtype=torch.int64))
    return found


def test_widths_are_exact_powers_of_two():
    histogram = Histogram(241)
    histogram.exponent = torch.arange(-120, 121, dtype=torch.int32)
    assert [math.frexp(width)[0] for width in histogram.width.tolist()] == [0.5] * 241
    scaled = torch.ldexp(torch.full((241,), 3.0), histogram.exponent)
    assert [math.frexp(one)[0] for one in scaled.tolist()] == [0.75] * 241


@given(SUMS, st.integers(min_value=0, max_value=40), st.randoms(use_true_random=False))
def test_counts_do_not_depend_on_order_or_parts(sums, cut, random):
    mixed = list(sums)
    random.shuffle(mixed)
    one, other = (
        counted(torch.tensor(sums), bins=16),
        counted(torch.tensor(mixed[:cut]), torch.tensor(mixed[cut:]), bins=16),
    )
    for name in ("counts", "zeros", "exponent", "seen"):
        assert torch.equal(getattr(one, name), getattr(other, name)), name
    assert one.seen[0].tolist() == [min(np.float32(sums)), max(np.float32(sums))]
    width = float(one.width)
    want = np.zeros(16)
    for value in np.float32(sums):
        want[math.floor(float(value) / width) + 8] += 1
    assert one.counts[0].tolist() == want.tolist()


def test_bins_merge_in_pairs_when_a_larger_sum_arrives():
    sums = torch.arange(-7.0, 8.0)
    found = counted(sums, bins=16)
    assert found.counts[0].tolist() == [0] + [1] * 15
    found.add(torch.tensor([[8.0]]), torch.zeros(1, dtype=torch.int64))
    assert found.counts[0].tolist() == [0] * 4 + [1] + [2] * 7 + [1] + [0] * 3


def test_groups_count_for_themselves():
    sums = torch.tensor([[1.0, -8.0, 0.0], [2.0, 100.0, 0.0]])
    found = Histogram(2)
    found.add(sums, torch.tensor([1, 0, 1]))
    assert found.seen.tolist() == [[-8.0, 100.0], [0.0, 2.0]]
    assert found.zeros.tolist() == [0, 2]
    assert found.counts.sum(dim=1).tolist() == [2, 4]
    assert torch.equal(range_from(found, Adc(bits=4), signed=True), found.seen.to(torch.float64))


def test_nothing_seen_is_a_range_of_nothing():
    for statistic in ("max", "percentile", "mse"):
        adc = Adc(bits=4, range="calibrated", statistic=statistic)
        assert range_from(Histogram(2), adc, signed=True).tolist() == [[0.0, 0.0]] * 2
        assert range_from(counted(torch.zeros(3)), adc, signed=True).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("percent", [50.0, 99.0, 99.9])
def test_a_percentile_lies_within_a_bin_of_the_exact_one(percent):
    sums = torch.randn(20001, generator=torch.Generator().manual_seed(1)) * 37.0
    histogram = counted(*sums.split(3000))
    low, high = range_from(histogram, Adc(bits=8, statistic="percentile", percentile=percent), signed=True)[0].tolist()
    exact = float(np.percentile(sums.abs().numpy(), percent, method="inverted_cdf"))
    assert exact <= high <= exact + 1.001 * float(histogram.width)
    assert low == -high


def test_all_of_them_is_the_largest():
    sums = torch.tensor([-3.0, 1.0, 2.0])
    adc = Adc(bits=8, statistic="percentile", percentile=100.0)
    assert range_from(counted(sums), adc, signed=True).tolist() == [[-3.0, 2.0]]


def squared_error(sums, adc, reach, *, signed):
    low = -reach if signed else 0.0
    seen = torch.tensor([low, reach], dtype=torch.float64)
    step, zero = step_and_zero(adc, signed=signed, full=1e9, full_product=1.0, seen=seen)
    lowest, highest = code_limits(adc, signed=signed)
    codes = torch.round(sums / step + zero).clamp(lowest, highest)
    return float(((codes - zero) * step - sums).square().mean())


@pytest.mark.parametrize("bits", [2, 4, 6])
@pytest.mark.parametrize("shape", ["gaussian", "laplace", "magnitudes"])
@pytest.mark.parametrize("steps", [None, "all"])
def test_the_range_of_least_error_is_within_two_percent_of_the_best_of_many(bits, shape, steps):
    source = torch.Generator().manual_seed(bits)
    sums = torch.randn(20000, generator=source, dtype=torch.float64) * 300.0
    if shape == "laplace":
        sums = sums.sign() * -(1.0 - torch.rand(20000, generator=source, dtype=torch.float64)).log() * 300.0
    signed = shape != "magnitudes"
    sums = sums if signed else sums.abs()
    adc = Adc(bits=bits, range="calibrated", statistic="mse", steps=steps, finer_than_unit=True)
    low, high = range_from(counted(sums), adc, signed=signed)[0].tolist()
    assert low == pytest.approx(-high if signed else float(sums.float().min()))
    best = min(
        squared_error(sums, adc, reach, signed=signed) for reach in np.linspace(100, float(sums.abs().max()), 400)
    )
    found = squared_error(sums, adc, high, signed=signed)
    # Steps of two bits are so wide that their error is not that of a uniform density.
    assert found <= best * (1.02 if bits > 2 else 1.15)


def test_whole_sums_that_have_a_code_each_are_not_clipped():
    sums = torch.arange(-100.0, 101.0)
    adc = Adc(bits=8, range="calibrated", statistic="mse")
    ranges = range_from(counted(sums), adc, signed=True)[0]
    assert step_and_zero(adc, signed=True, full=1e9, full_product=1.0, seen=ranges) == (1.0, 0.0)
