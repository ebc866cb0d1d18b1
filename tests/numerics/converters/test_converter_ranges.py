"""Codes, steps and ranges of uniform converters, against the conventions of other tools."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import Adc
from bitline.numerics.converters import code_limits, is_symmetric, step_and_zero
from bitline.numerics.converters.uniform import power_of_two_above


def quantised(sums, adc, *, signed=True, full=1.0, full_product=1.0, seen=None):
    """Convert as the core does: fractional code, round half to even, clip, and what the code stands for."""
    step, zero = step_and_zero(adc, signed=signed, full=full, full_product=full_product, seen=seen)
    low, high = code_limits(adc, signed=signed)
    codes = torch.round(torch.as_tensor(sums, dtype=torch.float64) / step + zero).clamp(low, high)
    return ((codes - zero) * step).numpy()


def oracle(shared, name):
    folder = shared / "oracles"
    return json.loads((folder / f"{name}.json").read_text())["parameters"], np.load(folder / f"{name}.npz")


def aihwkit(x, bits, bound):
    """2**b - 2 steps over [-bound, bound]."""
    return quantised(x, Adc(bits=bits, range="given", high=(bound,)))


def test_codes_of_each_kind_of_step():
    assert code_limits(Adc(bits=8), signed=True) == (-127, 127)
    assert code_limits(Adc(bits=8), signed=False) == (0, 255)
    assert code_limits(Adc(bits=8, steps="all"), signed=True) == (0, 255)
    assert code_limits(Adc(bits=8, steps="symmetric"), signed=False) == (-127, 127)
    assert code_limits(Adc(bits=7, steps="overflow"), signed=False) == (0, 128)
    assert code_limits(Adc(bits=1), signed=True) == (-1, 1)


def test_defaults_keep_what_they_meant():
    assert step_and_zero(Adc(bits=8), signed=True, full=1270.0, full_product=1.0) == (10.0, 0.0)
    assert step_and_zero(Adc(bits=8), signed=False, full=2550.0, full_product=1.0) == (10.0, 0.0)
    assert step_and_zero(Adc(bits=8), signed=False, full=20.0, full_product=1.0) == (1.0, 0.0), "never finer"
    assert step_and_zero(Adc(bits=4, range="unit"), signed=True, full=1e9, full_product=1.0) == (1.0, 0.0)
    seen = torch.tensor([-100.0, 254.0])
    adc = Adc(bits=8, range="calibrated")
    assert step_and_zero(adc, signed=True, full=1270.0, full_product=1.0, seen=seen) == (2.0, 0.0)
    assert step_and_zero(adc, signed=True, full=1270.0, full_product=1.0) == (10.0, 0.0), "every sum until then"


def test_steps_may_be_finer_than_a_unit():
    adc = Adc(bits=8, finer_than_unit=True)
    assert step_and_zero(adc, signed=True, full=12.7, full_product=1.0) == (pytest.approx(0.1), 0.0)


def test_all_codes_of_signed_sums_have_none_at_zero():
    found = quantised([-1.0, -0.01, 0.01, 1.0], Adc(bits=1, steps="all", range="given", high=(1.0,)))
    assert found.tolist() == [-1.0, -1.0, 1.0, 1.0], "a sign"
    step, zero = step_and_zero(Adc(bits=8, steps="all", range="unit"), signed=True, full=9.0, full_product=1.0)
    assert (step, zero) == (1.0, 128.0), "two's complement"


def test_entries_of_each_digit_block_and_column():
    adc = Adc(bits=4, steps="all", range="given", low=(0.0, -1.0), high=(1.0, 2.0))
    step, zero = step_and_zero(adc, signed=False, full=1.0, full_product=torch.tensor([3.0, 15.0]))
    assert step.tolist() == pytest.approx([3.0 / 15, 45.0 / 15])
    assert zero.tolist() == [0.0, 5.0]
    seen = torch.tensor([[[-3.0, 7.0], [-14.0, 1.0]]])
    step, zero = step_and_zero(Adc(bits=4, range="calibrated"), signed=True, full=99.0, full_product=1.0, seen=seen)
    assert step.tolist() == [[1.0, 2.0]]
    assert zero == 0.0


@given(st.floats(min_value=1e-6, max_value=1e9), st.sampled_from([None, "all"]), st.booleans())
def test_power_of_two_steps_cover_the_range_and_are_the_smallest(full, steps, signed):
    adc = Adc(bits=6, power_of_two=True, finer_than_unit=True, steps=steps)
    step, zero = step_and_zero(adc, signed=signed, full=full, full_product=1.0)
    low, high = code_limits(adc, signed=signed)
    assert np.frexp(step)[0] == 0.5
    assert (high - zero) * step >= full * (1 - 1e-12)
    assert (low - zero) * step <= (-full if signed else 0.0) * (1 - 1e-12)
    assert step / 2 * (high - low) < (2 * full if signed else full), "half the step would not do"


@given(st.integers(min_value=-30, max_value=30))
def test_a_power_of_two_is_its_own(exponent):
    assert float(power_of_two_above(torch.tensor(2.0**exponent, dtype=torch.float64))) == 2.0**exponent


def test_nothing_seen_is_no_division_by_zero():
    adc = Adc(bits=8, range="calibrated", finer_than_unit=True)
    assert quantised([0.0, 3.0], adc, full=9.0, seen=torch.zeros(2)).tolist() == [0.0, 3.0]


@pytest.mark.parametrize("bits", [5, 8])
@pytest.mark.parametrize("bound", [1.0, 10.0])
def test_symmetric_steps_are_aihwkits(bits, bound):
    x = np.random.default_rng(1).uniform(-1.2 * bound, 1.2 * bound, 1000)
    step = 2 * bound / (2**bits - 2)
    np.testing.assert_allclose(aihwkit(x, bits, bound), np.clip(np.round(x / step) * step, -bound, bound), atol=1e-12)


def test_all_steps_are_crosssims():
    x = np.random.default_rng(2).uniform(-9, 9, 1000)
    adc = Adc(bits=6, steps="all", range="given", low=(-8.03,), high=(8.03,))
    wanted = -8.03 + np.round((np.clip(x, -8.03, 8.03) + 8.03) * 63 / 16.06) * 16.06 / 63
    np.testing.assert_allclose(quantised(x, adc), wanted, atol=1e-12)


def test_one_unit_a_step_and_a_code_too_many_is_neurosims():
    sums = np.arange(0.0, 300.0, 0.25)
    adc = Adc(bits=7, steps="overflow", range="unit")
    np.testing.assert_array_equal(quantised(sums, adc, signed=False), np.clip(np.round(sums), 0, 128))


def test_an_aihwkit_tile(shared):
    """Inputs through 2**b - 2 levels, the sum through 2**b - 2 steps of a bound in units of the output."""
    given, arrays = oracle(shared, "aihwkit_io_8b8b")
    x = aihwkit(arrays["X"].astype(np.float64), given["inp_bits"], given["inp_bound"])
    y = aihwkit(x @ arrays["W"].astype(np.float64).T, given["out_bits"], given["out_bound"])
    assert (np.abs(y - arrays["Y"]) > 1e-5).mean() <= 0.003


def test_an_aihwkit_tile_with_a_range_for_each_row(shared):
    given, arrays = oracle(shared, "aihwkit_io_absmax")
    x, weight = arrays["X"].astype(np.float64), arrays["W"].astype(np.float64)
    scale = np.abs(x).max(axis=1, keepdims=True)
    y = aihwkit(aihwkit(x / scale, given["inp_bits"], 1.0) @ weight.T, given["out_bits"], given["out_bound"]) * scale
    assert (np.abs(y - arrays["Y_cpp"]) > 1e-4).mean() <= 0.02


@pytest.mark.parametrize("name", ["mvm_dac8_adc8_balanced", "mvm_dac6_adc5_cell4_onoff20"])
def test_a_crosssim_pair_behind_a_sign_magnitude_converter(shared, name):
    given, arrays = oracle(shared, name)
    off = 1.0 / given["on_off_ratio"] if given["on_off_ratio"] else 0.0
    weight = arrays["W"]
    if given["cell_bits"]:
        levels = 2 ** given["cell_bits"] - 1
        weight = np.round(weight * levels) / levels
    x = aihwkit(arrays["X"], given["dac_bits"], 1.0)
    np.testing.assert_allclose(x, arrays["X_dac"], atol=1e-6)
    # In units of one level (1 / levels of the range) a fully-on cell is 1 / (1 - off) times the level range.
    y = quantised(
        weight @ x,
        Adc(bits=given["adc_bits"], range="given", high=(given["adc_limit"],)),
        full_product=1.0 / (1.0 - off),
    )
    assert (np.abs(y - arrays["Y"]) > 1e-5).mean() <= 0.002


def sliced(given, x, digits):
    """Multiply as CrossSim does, digit by digit and bit by bit, in levels times bits; say where a sum was a tie."""
    bits, total, tied = given["bits_per_slice"], 0.0, False
    off = 1.0 / given["on_off_ratio"] if given["on_off_ratio"] else 0.0
    full_product = (2**bits - 1) / (1.0 - off)
    resting = off * full_product
    for index, digit in enumerate(digits):
        low, high = given["adc_ranges_per_slice_lsb_first"][index]
        adc = Adc(bits=given["adc_bits"], steps="all", range="given", low=(low,), high=(high,))
        for pulse in range(7 if given["inputs_signed"] else 8):
            bit = np.sign(x) * ((np.abs(x).astype(int) >> pulse) & 1)
            sums = (digit + resting) @ bit
            read = quantised(sums, adc, signed=low < 0, full_product=full_product)
            tied = tied | ((sums == 0) & (low < 0))
            total = total + (read - resting * bit.sum(axis=0)) * 2.0 ** (index * bits + pulse)
    return total, tied


@pytest.mark.parametrize("name", ["slice_w8s4_in8_adc6_balanced", "slice_w8s2_in8signed_adc8_balanced"])
def test_crosssim_slices_in_pairs(shared, name):
    """A sum of exactly zero is a tie; CrossSim breaks it by the rounding error of its sums of thirds."""
    given, arrays = oracle(shared, name)
    codes = np.round(arrays["W"] * 127)
    bits, top = given["bits_per_slice"], 2 ** given["bits_per_slice"] - 1
    digits = [np.sign(codes) * ((np.abs(codes).astype(int) >> (i * bits)) & top) for i in range(given["num_slices"])]
    scale = 127 if given["inputs_signed"] else 255
    total, tied = sliced(given, np.round(arrays["X"] * scale), digits)
    away = np.abs(total / (127 * scale) - arrays["Y"]) > 1e-6
    assert not (away & ~tied).any()
    assert away.mean() <= 0.03


def test_crosssim_slices_with_an_offset_and_current_of_cells_that_are_off(shared):
    given, arrays = oracle(shared, "slice_w8s4_in8_adc7_offset_onoff30")
    x = np.round(arrays["X"] * 255)
    codes = np.round(arrays["W"] * 127).astype(int) + 128
    total, _ = sliced(given, x, [(codes >> (2 * i)) & 3 for i in range(4)])
    total = total - 128 * x.sum(axis=0)
    assert (np.abs(total / (127 * 255) - arrays["Y"]) > 1e-6).mean() <= 0.005


def test_a_neurosim_array_reads_every_sum(shared):
    given, arrays = oracle(shared, "neurosim_w8c1_in8_adc7_rows128")
    x, weight = (arrays[name].astype(int) for name in ("X_int", "W_int"))
    x, weight = np.pad(x - x.min(), ((0, 1), (0, 0))), np.pad(weight - weight.min(), ((0, 0), (0, 1)))
    x[-1], weight[:, -1] = -arrays["X_int"].min(), -arrays["W_int"].min()
    adc = Adc(bits=given["adc_bits"], steps="overflow", range="unit")
    total = 0
    for start in range(0, x.shape[1], given["rows_parallel"]):
        rows = slice(start, start + given["rows_parallel"])
        for i in range(given["input_bits"]):
            for j in range(given["weight_bits"]):
                sums = ((x[:, rows] >> i) & 1) @ ((weight[rows] >> j) & 1)
                total = total + quantised(sums, adc, signed=False) * 2 ** (i + j)
    y = total[:-1, :-1] - total[-1:, :-1] - total[:-1, -1:] + total[-1, -1]
    np.testing.assert_allclose(y, arrays["Y"], atol=0.5)


def test_symmetry_follows_the_sums_unless_given():
    assert is_symmetric(Adc(bits=4), signed=True)
    assert not is_symmetric(Adc(bits=4), signed=False)
    assert not is_symmetric(Adc(bits=4, steps="all"), signed=True)
