"""The four plans against plain integers, against the laws of their noise, and against each other."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Integer, Spread, WeightFormat
from bitline.numerics import program

torch.set_num_threads(1)


def description(**changes: object) -> Analog:
    """An array of 64 rows with 2-bit cells and an 8-bit converter, ideal otherwise; parts replaced by name."""
    parts = {
        "weight": WeightFormat(),
        "input": InputFormat(),
        "cell": Cell(technology="reram", bits=2),
        "array": Array(rows=64, columns=64),
        "adc": Adc(bits=8),
    }
    return Analog(**{**parts, **changes})  # type: ignore[arg-type]


def quantised(values: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    top = max(1, 2 ** (bits - 1) - 1)
    scale = (np.abs(values).max(axis=1, keepdims=True).astype(np.float32) / np.float32(top)).astype(np.float32)
    scale[scale == 0] = 1
    return np.round(values.astype(np.float32) / scale).astype(np.int64), scale


def integer_layer(weight: torch.Tensor, x: torch.Tensor, arithmetic: Analog | Integer) -> torch.Tensor:
    """The plainly quantised layer that every ideal chip must equal."""
    w, w_scale = quantised(weight.numpy(), arithmetic.weight.bits)
    v, v_scale = quantised(x.numpy(), arithmetic.input.bits)
    return torch.from_numpy((v @ w.T).astype(np.float32) * v_scale * w_scale.T)


def pair(seed: int, rows: int = 9, k: int = 150, n: int = 20) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(n, k, generator=draw), torch.randn(rows, k, generator=draw)


encodings = st.sampled_from(["offset", "differential"])
drives = st.sampled_from([("twos_complement", 1), ("offset", 1), ("offset", 3), ("offset", 8), ("sign_split", 1),
                          ("sign_split", 2), ("sign_split", 7)])  # fmt: skip


@given(
    weight_bits=st.integers(2, 8),
    cell_bits=st.integers(1, 8),
    input_bits=st.integers(2, 8),
    encoding=encodings,
    drive=drives,
    rows=st.sampled_from([1, 7, 64, 150, 999]),
    seed=st.integers(0, 99),
)
def test_ideal_chip_equals_plain_integers_bit_for_bit(weight_bits, cell_bits, input_bits, encoding, drive, rows, seed):
    signed, pulse_bits = drive
    arithmetic = description(
        weight=WeightFormat(bits=weight_bits, encoding=encoding),
        input=InputFormat(bits=input_bits, signed=signed, bits_per_pulse=min(pulse_bits, input_bits)),
        cell=Cell(technology="reram", bits=cell_bits),
        array=Array(rows=rows, columns=64),
        adc=Adc(bits=30, range="unit"),
    )
    weight, x = pair(seed)
    wanted = integer_layer(weight, x, arithmetic)
    lossless = program(weight, arithmetic, key=(0, "w"))
    assert lossless.choice.plan == "lossless"
    assert torch.equal(lossless.multiply(x), wanted)
    assert torch.equal(program(weight, arithmetic, key=(0, "w"), plan="exact").multiply(x), wanted)


@pytest.mark.parametrize("bits", [2, 4, 8, 12, 16])
def test_digital_integers_equal_plain_integers(bits):
    weight, x = pair(1)
    arithmetic = Integer(weight=WeightFormat(bits=bits), input=InputFormat(bits=bits))
    assert torch.equal(program(weight, arithmetic, key=(0,)).multiply(x), integer_layer(weight, x, arithmetic))


def test_converter_with_too_few_codes_changes_the_result():
    weight, x = pair(3)
    arithmetic = description(adc=Adc(bits=4))
    assert not torch.allclose(program(weight, arithmetic, key=(0,)).multiply(x), integer_layer(weight, x, arithmetic))


NOISY = {
    "programming": description(adc=Adc(),
                               cell=Cell(technology="pcm", bits=2, programming_noise=Spread(sigma_fraction=0.02))),
    "state": description(cell=Cell(technology="pcm", bits=2, on_off_ratio=20.0,
                                   programming_noise=Spread(sigma_fraction=0.05, of="state"),
                                   read_noise=Spread(sigma_fraction=0.02, of="state"))),
    "read": description(cell=Cell(technology="pcm", bits=2, read_noise=Spread(sigma_fraction=0.02))),
    "pairs": description(weight=WeightFormat(encoding="differential"),
                         cell=Cell(technology="pcm", bits=4, programming_noise=Spread(sigma_fraction=0.02),
                                   read_noise=Spread(sigma_fraction=0.01))),
    "output": description(output_noise_fraction=0.004),
    "coarse": description(adc=Adc(bits=5)),
    "static": description(input=InputFormat(range="static"), adc=Adc(bits=7, range="calibrated")),
}  # fmt: skip


@pytest.mark.parametrize("plan", ["auto", "exact", "statistical"])
@pytest.mark.parametrize("name", NOISY)
def test_a_row_never_depends_on_its_batch(name, plan):
    weight, x = pair(5)
    matrix = program(weight, NOISY[name], key=(3, name), plan=plan)
    whole = matrix.multiply(x)
    draw = torch.Generator().manual_seed(5)
    for cut in range(1, len(x)):
        assert torch.equal(whole, torch.cat([matrix.multiply(x[:cut]), matrix.multiply(x[cut:])]))
        order = torch.randperm(len(x), generator=draw)
        assert torch.equal(whole[order], matrix.multiply(x[order]))


@pytest.mark.parametrize("plan", ["exact", "statistical"])
@pytest.mark.parametrize("name", [name for name in NOISY if name not in ("coarse", "static")])
def test_seed_decides_the_noise(name, plan):
    weight, x = pair(6)
    one, again, other = (program(weight, NOISY[name], key=(seed, "w"), plan=plan).multiply(x) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.allclose(one, other)


@pytest.mark.parametrize("encoding", ["offset", "differential"])
def test_fold_equals_exact_on_the_same_cells(encoding):
    arithmetic = dataclasses.replace(NOISY["programming"], weight=WeightFormat(encoding=encoding))
    weight, x = pair(7, k=500)
    fold, exact = (program(weight, arithmetic, key=(1, "w"), plan=plan) for plan in ("auto", "exact"))
    assert fold.choice.plan == "fold"
    ideal = integer_layer(weight, x, arithmetic)
    assert (exact.multiply(x) - ideal).std() > 0.01 * ideal.std()
    torch.testing.assert_close(fold.multiply(x), exact.multiply(x), rtol=0, atol=float(2e-4 * ideal.abs().max()))


@pytest.mark.parametrize("encoding", ["offset", "differential"])
def test_programming_error_has_the_stated_spread(encoding):
    # Away from the floor at no conductance: 1-bit cells that are all on, on/off ratio 2.
    sigma = 0.05
    cell = Cell(technology="pcm", bits=1, on_off_ratio=2.0, programming_noise=Spread(sigma_fraction=sigma))
    arithmetic = description(weight=WeightFormat(bits=2, encoding=encoding), cell=cell, adc=Adc())
    weight = torch.ones(400, 100)
    matrix = program(weight, arithmetic, key=(0,), plan="fold")
    error = matrix.multiply(torch.eye(100)).T - weight
    # offset: slices of place value 1 and 2; differential: two cells a weight.
    wanted = sigma * (5.0**0.5 if encoding == "offset" else 2.0**0.5)
    assert float(error.std()) == pytest.approx(wanted, rel=0.02)
    assert abs(float(error.mean())) < 4 * wanted / 200


CLOSE = ["state", "read", "pairs", "output", "coarse"]


@pytest.mark.parametrize("name", CLOSE)
def test_statistical_matches_exact_in_mean_and_spread(name):
    """Mean within 5 % of the error's spread, spread within 5 %, over eight seeds; calibrated on other inputs."""
    weight, x = pair(8, rows=256, k=300, n=64)
    _, examples = pair(9, rows=256, k=300)
    exact_error, statistical_error = [], []
    for seed in range(8):
        plans = [program(weight, NOISY[name], key=(seed, "w"), plan=plan) for plan in ("exact", "statistical")]
        for matrix in plans:
            matrix.observe(examples)
            matrix.settle()
        without = dataclasses.replace(
            NOISY[name],
            adc=Adc(),
            output_noise_fraction=0.0,
            cell=dataclasses.replace(NOISY[name].cell, read_noise=None),
        )
        fold = program(weight, without, key=(seed, "w"), plan="fold").multiply(x)
        exact_error.append(plans[0].multiply(x) - fold)
        statistical_error.append(plans[1].multiply(x) - fold)
    exact, statistical = torch.stack(exact_error), torch.stack(statistical_error)
    assert float(exact.std()) > 0
    assert abs(float(statistical.mean() - exact.mean())) < 0.05 * float(exact.std())
    assert float(statistical.std()) == pytest.approx(float(exact.std()), rel=0.05)


@pytest.mark.parametrize("plan", ["lossless", "fold"])
def test_unsound_plan_is_refused_by_name(plan):
    with pytest.raises(ConfigError, match=f"plan = '{plan}' is not exact here.*Allowed: exact, statistical, auto"):
        program(torch.ones(4, 200), NOISY["read"], key=(0,), plan=plan)


def test_unknown_plan_names_the_nearest():
    with pytest.raises(ConfigError, match="Nearest: 'exact'"):
        program(torch.ones(4, 4), NOISY["read"], key=(0,), plan="exakt")  # type: ignore[arg-type]


def test_static_range_clips_and_survives_calibration():
    weight, x = pair(10, rows=64)
    matrix = program(weight, NOISY["static"], key=(0,))
    matrix.observe(x)
    matrix.settle()
    assert matrix.calibration is not None
    assert matrix.calibration.input_scale == pytest.approx(float(x.abs().max()) / 127)
    far = torch.zeros(1, 150)
    far[0, 0] = 100.0 * x.abs().max()
    capped = torch.zeros(1, 150)
    capped[0, 0] = x.abs().max()
    assert torch.equal(matrix.multiply(far), matrix.multiply(capped))


def test_more_converter_bits_never_hurt():
    weight, x = pair(11, rows=64, k=256)
    ideal = integer_layer(weight, x, description())
    errors = [
        float((program(weight, description(adc=Adc(bits=bits)), key=(0,)).multiply(x) - ideal).square().mean())
        for bits in range(3, 10)
    ]
    assert all(worse >= better for worse, better in itertools.pairwise(errors))
    assert errors[-1] == 0.0


@pytest.mark.parametrize("plan", ["lossless", "exact"])
def test_zero_rows_and_zero_columns_stay_zero(plan):
    weight = torch.zeros(3, 40)
    arithmetic = description(adc=Adc(bits=10))
    assert torch.equal(program(weight, arithmetic, key=(0,), plan=plan).multiply(torch.zeros(2, 40)), torch.zeros(2, 3))
