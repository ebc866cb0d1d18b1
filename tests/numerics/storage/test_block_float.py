"""Block floating point as a number format: what it keeps, how far it errs, and that only a block matters."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.hardware import SharedExponent
from bitline.numerics.storage import block_float
from bitline.numerics.storage.block_float import power_of_two

MANTISSAS, BLOCKS, SEEDS = st.integers(2, 16), st.integers(1, 40), st.integers(0, 10_000)


def values(seed: int, rows: int = 5, k: int = 37) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    spread = torch.exp(2.0 * torch.randn(rows, k, generator=rng))
    return torch.randn(rows, k, generator=rng) * spread


def by_hand(row: list[float], mantissa_bits: int, block: int) -> list[float]:
    """One row in plain Python: Fractions would do as well, since every step is a power of two."""
    out = []
    for start in range(0, len(row), block):
        part = row[start : start + block]
        largest = max(abs(value) for value in part)
        if largest == 0:
            out += [0.0] * len(part)
            continue
        step = 2.0 ** (math.floor(math.log2(largest)) - (mantissa_bits - 2))
        top = 2 ** (mantissa_bits - 1) - 1
        out += [max(-top, min(top, round(value / step))) * step for value in part]
    return out


@given(seed=SEEDS, bits=MANTISSAS, block=BLOCKS)
def test_values_are_those_of_a_reading_in_plain_python(seed, bits, block):
    x = values(seed, rows=2)
    wanted = torch.tensor([by_hand(row, bits, block) for row in x.tolist()])
    assert torch.equal(block_float(x, bits, 8, block).values(), wanted)


@given(seed=SEEDS, bits=MANTISSAS, block=BLOCKS)
def test_what_is_in_the_format_stays_as_it_is(seed, bits, block):
    once = block_float(values(seed), bits, 8, block)
    again = block_float(once.values(), bits, 8, block)
    assert torch.equal(again.values(), once.values())


@given(seed=SEEDS, bits=MANTISSAS, block=BLOCKS)
def test_the_error_is_half_a_step_and_a_whole_one_only_next_to_the_top(seed, bits, block):
    x = values(seed)
    kept = block_float(x, bits, 8, block)
    steps = kept.steps.repeat_interleave(kept.block, dim=1)[:, : x.shape[1]]
    error = (kept.values().double() - x.double()).abs() / steps
    cut = kept.mantissas.abs() == 2 ** (bits - 1) - 1
    assert (error[~cut] <= 0.5).all()
    assert (error <= 1.0).all()


@given(seed=SEEDS, bits=MANTISSAS, block=BLOCKS, shift=st.integers(-40, 40))
def test_a_power_of_two_passes_through(seed, bits, block, shift):
    x = values(seed)
    scaled = block_float(x * 2.0**shift, bits, 8, block)
    assert torch.equal(scaled.mantissas, block_float(x, bits, 8, block).mantissas)
    assert torch.equal(scaled.values(), block_float(x, bits, 8, block).values() * 2.0**shift)


@given(seed=SEEDS, block=BLOCKS)
def test_a_block_depends_on_itself_alone(seed, block):
    x = values(seed)
    whole = block_float(x, 4, 8, block).values()
    for row in range(len(x)):
        for start in range(0, x.shape[1], block):
            alone = block_float(x[row, start : start + block], 4, 8, block).values()
            assert torch.equal(whole[row, start : start + block], alone)


def test_more_bits_or_smaller_blocks_are_never_worse_on_the_whole():
    x = values(7, rows=400, k=128)
    error = lambda bits, block: float((block_float(x, bits, 8, block).values() - x).square().mean())  # noqa: E731
    assert error(8, 32) < error(6, 32) < error(4, 32)
    assert error(4, 16) < error(4, 32) < error(4, 64) < error(4, 128)


def test_few_exponent_bits_cut_above_and_fade_below():
    x = torch.tensor([[100.0, 1.0], [3.0, 0.01], [0.2, 0.1], [0.01, 0.01]])
    kept = block_float(x, 4, 2, 2).values()  # exponents -1 to 1, steps 1/8 to 1/2
    assert kept.tolist() == [[3.5, 1.0], [3.0, 0.0], [0.25, 0.125], [0.0, 0.0]]


def test_zeros_stay_and_the_smallest_floats_fade():
    x = torch.tensor([0.0, 0.0, 1e-45, 2e-38])
    assert block_float(x, 8, 8, 2).values()[:2].tolist() == [0.0, 0.0]
    assert block_float(x, 8, 8, 2).values()[3] == pytest.approx(2e-38, rel=0.01)
    assert torch.isfinite(block_float(torch.full((4,), 3.4e38), 8, 8, 2).values()).all()


def test_what_is_not_finite_stays_visible_in_its_block():
    x = torch.tensor([1.0, float("inf"), 2.0, 3.0, float("nan"), 5.0])
    kept = block_float(x, 8, 8, 2).values()
    assert kept.isnan().tolist() == [True, True, False, False, True, True]


def test_powers_of_two_are_exact():
    exponents = torch.arange(-1022, 1024)
    assert power_of_two(exponents).tolist() == [2.0**e for e in range(-1022, 1024)]


@pytest.mark.parametrize(("block", "bits", "wanted"), [(32, 4, 4.25), (64, 4, 4.125), (128, 4, 4.0625), (32, 8, 8.25)])
def test_bits_of_a_value_are_the_published_ones(block, bits, wanted):
    assert SharedExponent(values=block).bits_per_value(bits) == wanted


def test_impossible_formats_are_refused():
    x = values(0)
    with pytest.raises(ConfigError, match=r"mantissa_bits = 1 bits is outside 2..24 bits"):
        block_float(x, 1, 8, 32)
    with pytest.raises(ConfigError, match="exponent_bits = 0 bits"):
        block_float(x, 4, 0, 32)
    with pytest.raises(ConfigError, match="block = 0 values"):
        block_float(x, 4, 8, 0)
