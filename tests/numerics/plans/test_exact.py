"""Plan `exact` against every block, slice and pulse in numpy loops, and its noise against the law it states."""

from __future__ import annotations

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
    parts = {
        "weight": WeightFormat(),
        "input": InputFormat(),
        "cell": Cell(technology="reram", bits=2),
        "array": Array(rows=16, columns=64),
        "adc": Adc(),
    }
    return Analog(**{**parts, **changes})  # type: ignore[arg-type]


def whole_numbers(arithmetic: Analog, *, rows: int = 5, k: int = 40, n: int = 6, seed: int = 0):
    """Draw weights and inputs that are their own codes: whole numbers whose largest is the largest code."""
    draw = np.random.default_rng(seed)
    drawn = []
    for bits, height in ((arithmetic.weight.bits, n), (arithmetic.input.bits, rows)):
        top = max(1, 2 ** (bits - 1) - 1)
        values = draw.integers(-top, top + 1, (height, k))
        values[np.arange(height), draw.integers(0, k, height)] = top
        drawn.append(values)
    return drawn[0], drawn[1]


def multiply(weight: np.ndarray, x: np.ndarray, arithmetic: Analog | Integer, plan: str = "exact", key=(0, "w")):
    matrix = program(torch.from_numpy(weight).float(), arithmetic, key=key, plan=plan)  # type: ignore[arg-type]
    return matrix.multiply(torch.from_numpy(x).float())


def devices(weight: np.ndarray, arithmetic: Analog):
    """Give (sign, place value, levels) of every cell position."""
    form, cell = arithmetic.weight, arithmetic.cell
    if form.encoding == "offset":
        held = [(1, weight + 2 ** (form.bits - 1))]
    else:
        held = [(1, np.maximum(weight, 0)), (-1, np.maximum(-weight, 0))]
    for index in range(-(-form.bits // cell.bits)):
        place = 2 ** (cell.bits * index)
        yield place, [(sign, values // place % 2**cell.bits) for sign, values in held]


def sent(x: np.ndarray, form: InputFormat):
    """Give (place value, digits) of every pulse."""
    if form.signed == "twos_complement":
        for bit in range(form.bits):
            yield (-1 if bit == form.bits - 1 else 1) * 2**bit, (x % 2**form.bits) // 2**bit % 2
        return
    halves = [(1, np.maximum(x, 0)), (-1, np.maximum(-x, 0))]
    passes = halves if form.signed == "sign_split" else [(1, x + 2 ** (form.bits - 1))]
    for (sign, values), index in itertools.product(passes, range(form.bits)):
        place = 2 ** (form.bits_per_pulse * index)
        yield sign * place, values // place % 2**form.bits_per_pulse


def by_hand(weight: np.ndarray, x: np.ndarray, arithmetic: Analog) -> np.ndarray:
    """Convert the sum of every block, slice and pulse, and add up."""
    rows, adc = arithmetic.array.rows_at_once, arithmetic.adc
    high = 2 ** (adc.bits - 1) - 1 if arithmetic.weight.encoding == "differential" else 2**adc.bits - 1
    low = -high if arithmetic.weight.encoding == "differential" else 0
    most = rows * (2**arithmetic.input.bits_per_pulse - 1) * (2**arithmetic.cell.bits - 1)
    step = 1.0 if adc.range == "unit" else max(1.0, most / high)
    total = np.zeros((len(x), len(weight)))
    for (place, cells), (worth, digits) in itertools.product(devices(weight, arithmetic), sent(x, arithmetic.input)):
        for at in range(0, x.shape[1], rows):
            part = slice(at, at + rows)
            current = sum(sign * digits[:, part] @ level[:, part].T for sign, level in cells)
            total += place * worth * step * np.clip(np.round(current / step), low, high)
    x_offset = 2 ** (arithmetic.input.bits - 1) if arithmetic.input.signed == "offset" else 0
    w_offset = 2 ** (arithmetic.weight.bits - 1) if arithmetic.weight.encoding == "offset" else 0
    known = (x + x_offset).sum(1, keepdims=True) * w_offset + x_offset * weight.sum(1)
    return total - known


drives = st.sampled_from([("twos_complement", 1), ("offset", 1), ("offset", 3), ("sign_split", 1), ("sign_split", 2)])


@given(
    weight_bits=st.integers(2, 9),
    cell_bits=st.integers(1, 5),
    input_bits=st.integers(3, 9),
    encoding=st.sampled_from(["offset", "differential"]),
    drive=drives,
    rows=st.sampled_from([7, 16, 64]),
    adc=st.builds(Adc, bits=st.integers(2, 9), range=st.sampled_from(["full", "unit"])),
    seed=st.integers(0, 99),
)
def test_every_combination_equals_cells_by_hand(weight_bits, cell_bits, input_bits, encoding, drive, rows, adc, seed):
    signed, pulse = drive
    arithmetic = description(
        weight=WeightFormat(bits=weight_bits, encoding=encoding),
        input=InputFormat(bits=input_bits, signed=signed, bits_per_pulse=pulse),
        cell=Cell(technology="reram", bits=cell_bits), array=Array(rows=rows, columns=64), adc=adc,
    )  # fmt: skip
    weight, x = whole_numbers(arithmetic, seed=seed)
    wanted = by_hand(weight, x, arithmetic)
    ours = multiply(weight, x, arithmetic).numpy()
    np.testing.assert_allclose(ours, wanted, rtol=3e-7, atol=1e-6 * np.abs(wanted).max())


@pytest.mark.parametrize(
    ("weight_bits", "cell_bits", "input_bits", "pulse", "rows", "k"),
    [
        (1, 1, 1, 1, 16, 40), (2, 1, 1, 1, 16, 40), (1, 1, 8, 1, 16, 40), (8, 8, 8, 8, 9000, 9000),
        (16, 15, 16, 16, 64, 200), (16, 16, 12, 12, 300, 300), (12, 4, 16, 1, 64, 200), (8, 2, 8, 1, 20000, 20000),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["offset", "differential"])
def test_few_and_many_bits_and_long_blocks_stay_exact(weight_bits, cell_bits, input_bits, pulse, rows, k, encoding):
    signed = "offset" if pulse > 1 else "sign_split"
    arithmetic = description(
        weight=WeightFormat(bits=weight_bits, encoding=encoding if weight_bits > 1 else "differential"),
        input=InputFormat(bits=input_bits, signed=signed, bits_per_pulse=pulse),
        cell=Cell(technology="reram", bits=cell_bits), array=Array(rows=rows, columns=64),
    )  # fmt: skip
    weight, x = whole_numbers(arithmetic, rows=3, k=k, n=4)
    for value in (np.ones_like, None):
        top = 2 ** (input_bits - 1) - 1 or 1
        inputs = x if value is None else value(x) * top
        wanted = torch.from_numpy(inputs @ weight.T).float()
        assert torch.equal(multiply(weight, inputs, arithmetic), wanted)
        assert torch.equal(multiply(weight, inputs, arithmetic, "lossless"), wanted)


def test_a_converter_of_many_bits_loses_nothing():
    arithmetic = description(adc=Adc(bits=32, range="unit"))
    weight, x = whole_numbers(arithmetic)
    assert torch.equal(multiply(weight, x, arithmetic), torch.from_numpy(x @ weight.T).float())


@pytest.mark.parametrize("of", ["range", "state"])
@pytest.mark.parametrize("encoding", ["offset", "differential"])
@pytest.mark.parametrize("drive", [("twos_complement", 1), ("offset", 4), ("sign_split", 3)])
def test_read_noise_adds_the_square_of_digit_times_deviation(of, encoding, drive):
    sigma = 0.03
    cell = Cell(technology="pcm", bits=2, on_off_ratio=10.0, read_noise=Spread(sigma_fraction=sigma, of=of))
    form = InputFormat(signed=drive[0], bits_per_pulse=drive[1])
    arithmetic = description(cell=cell, input=form, weight=WeightFormat(encoding=encoding))
    weight, x = whole_numbers(arithmetic, rows=400, n=24)
    error = multiply(weight, x, arithmetic).double().numpy() - x @ weight.T
    off = 3 / 9
    variance = np.zeros_like(error)
    for (place, cells), (worth, digits) in itertools.product(devices(weight, arithmetic), sent(x, form)):
        for _, level in cells:
            deviation = sigma * (np.full_like(level, 3.0, dtype=float) if of == "range" else level + off)
            variance += (place * worth) ** 2 * (digits**2.0 @ (deviation**2).T)
    standard = error / np.sqrt(variance)
    assert abs(standard.mean()) < 5 / standard.size**0.5
    # Four standard errors of a deviation taken from this many numbers.
    assert standard.std() == pytest.approx(1, abs=4 / (2 * standard.size) ** 0.5)


def test_output_noise_comes_with_every_conversion_of_an_array_that_is_read():
    fraction = 0.01
    arithmetic = description(output_noise_fraction=fraction)
    weight, x = whole_numbers(arithmetic, rows=400, n=24)
    conversions = sum((4.0**slice_ * 2.0**pulse) ** 2 for slice_ in range(4) for pulse in range(8))
    for blocks in (1, 3):
        part = x * (np.arange(40) < 16 * blocks)
        part[:, 0] = 127
        error = multiply(weight, part, arithmetic).double().numpy() - part @ weight.T
        wanted = fraction * 16 * 3 * (blocks * conversions) ** 0.5
        assert error.std() == pytest.approx(wanted, rel=4 / (2 * error.size) ** 0.5)


UNSOUND = [
    ({"input": InputFormat(bits_per_pulse=2)}, "input.bits_per_pulse = 2 is not 1, which signed = 'twos_complement'"),
    ({"input": InputFormat(bits=4, bits_per_pulse=5, signed="offset")}, "pulse = 5 is more than input.bits = 4"),
    ({"input": InputFormat(bits=1)}, "input.signed = 'twos_complement' is not one of bipolar, sign_split, unsigned"),
    ({"weight": WeightFormat(bits=1)}, "weight.encoding = 'offset' is not one of differential"),
    ({"weight": WeightFormat(bits=25)}, "weight.bits = 25 bits is outside 1..24 bits"),
    ({"cell": Cell(technology="pcm", on_off_ratio=1.0)}, "cell.on_off_ratio = 1.0 is not more than 1"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), UNSOUND)
def test_formats_that_mean_nothing_together_are_refused(change, sentence):
    with pytest.raises(ConfigError, match=sentence):
        program(torch.ones(2, 3), description(**change), key=(0,))


def test_integers_of_too_many_bits_are_refused():
    with pytest.raises(ConfigError, match=r"input.bits = 32 bits is outside 1..24 bits"):
        program(torch.ones(2, 3), Integer(weight=WeightFormat(), input=InputFormat(bits=32)), key=(0,))
