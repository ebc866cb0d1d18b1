"""Plan `statistical` after calibration: what converters pass on, and noise that follows the size of a vector."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Spread, WeightFormat
from bitline.numerics.codes.pulses import pulses
from bitline.numerics.matrix import Matrix, program
from bitline.numerics.plans.moments import Response, powers
from bitline.numerics.plans.statistical import Statistical, passed


def vectors(seed: int, rows: int = 256, k: int = 96) -> torch.Tensor:
    return torch.randn(rows, k, generator=torch.Generator().manual_seed(seed))


def sliced(cell: Cell) -> Analog:
    """One code per unit sum and no clipping: rounding is all that converters do."""
    array = Array(rows=64, columns=64)
    return Analog(
        weight=WeightFormat(bits=8), input=InputFormat(bits=8), cell=cell, array=array, adc=Adc(bits=9, range="unit")
    )


def calibrated(arithmetic: Analog, plan: str, key=(0, "w")) -> Matrix:
    matrix = program(vectors(1, rows=48), arithmetic, key=key, plan=plan)
    matrix.observe(vectors(2))
    matrix.settle()
    return matrix


def response(matrix: Matrix) -> Response:
    computed = matrix.rows[0].computed
    assert isinstance(computed, Statistical)
    return computed.response


@pytest.mark.parametrize(("sigma", "low", "high"), [(0.005, 0.0, 0.3), (0.02, 0.5, 1.0), (0.1, 0.9, 1.1)])
def test_rounding_takes_off_what_strays_by_less_than_half_a_step(sigma, low, high):
    cell = Cell(technology="reram", bits=2, programming_noise=Spread(sigma_fraction=sigma))
    quick, exact = (calibrated(sliced(cell), plan) for plan in ("statistical", "exact"))
    found = response(quick)
    assert low < found.deviation < high
    assert found.signal == pytest.approx(1.0, abs=0.01)
    # On other inputs, what is left of the difference no longer follows what the cells strayed by.
    x = vectors(3)
    fold = program(vectors(1, rows=48), sliced(Cell(technology="reram", bits=2)), key=(0, "w")).multiply(x)
    strayed = (
        program(vectors(1, rows=48), _without_converter(sliced(cell)), key=(0, "w"), plan="fold").multiply(x) - fold
    )
    left = quick.multiply(x) - exact.multiply(x)
    assert abs(float((left * strayed).sum() / strayed.square().sum())) < 0.1


def test_clipping_weakens_the_signal():
    """A converter that spans a third of the largest sum passes on clearly less than what it is given."""
    cell = Cell(technology="pcm", bits=7)
    form = InputFormat(bits=8, bits_per_pulse=7, signed="bipolar")
    array, weight = Array(rows=128, columns=128), WeightFormat(bits=8, encoding="differential")
    adc = Adc(bits=8, range="given", high=(1.5,))
    found = response(calibrated(Analog(weight=weight, input=form, cell=cell, array=array, adc=adc), "statistical"))
    assert 0.2 < found.signal < 0.9


def test_read_noise_follows_the_power_of_a_vector():
    """With read noise alone, vectors of small codes beside one large one meet less of it, as one by one in `exact`."""
    cell = Cell(technology="pcm", bits=7, read_noise=Spread(sigma_fraction=0.05))
    arithmetic = Analog(
        weight=WeightFormat(bits=8, encoding="differential"),
        input=InputFormat(bits=8, bits_per_pulse=7, signed="bipolar"),
        cell=cell, array=Array(rows=128, columns=128), adc=Adc(bits=14, range="calibrated"),
    )  # fmt: skip
    still = program(vectors(1, rows=48), _without_noise(arithmetic), key=(0, "w"))
    examples = vectors(2) * torch.linspace(0.1, 1.0, 256)[:, None]
    examples[:, 0] = 4.0
    ratio = {}
    for plan in ("exact", "statistical"):
        matrix = program(vectors(1, rows=48), arithmetic, key=(0, "w"), plan=plan)
        matrix.observe(examples)
        matrix.settle()
        error = (matrix.multiply(examples) - still.multiply(examples)).square().mean(dim=1)
        ratio[plan] = float(error[-64:].mean() / error[:64].mean())
    assert ratio["exact"] > 2.0
    assert ratio["statistical"] == pytest.approx(ratio["exact"], rel=0.15)


def test_power_is_that_of_the_pulses():
    for form in (InputFormat(bits=8), InputFormat(bits=6, bits_per_pulse=5, signed="bipolar"), InputFormat(bits=12)):
        codes = torch.randint(-form.top_code, form.top_code + 1, (5, 9), generator=torch.Generator().manual_seed(0))
        codes = codes.to(torch.int8 if form.bits <= 8 else torch.int32)
        wanted = sum(one.weight**2 * one.digits.double().square().sum(dim=1) for one in pulses(codes, form))
        assert powers(codes, form).tolist() == wanted.tolist()


def test_cells_that_stray_by_more_have_a_smaller_share_taken_off():
    codes = torch.zeros(2, 3, dtype=torch.int8)
    strayed = torch.full((2, 3), 0.2)
    learnt = Response(1.0, 0.2, strayed=0.04)
    assert torch.allclose(passed(strayed, codes, learnt), 0.2 * strayed)
    assert torch.allclose(passed(2 * strayed, codes, learnt), 0.8 * 2 * strayed)
    assert passed(strayed, codes, Response()) is strayed


def _without_converter(arithmetic: Analog) -> Analog:
    return replace(arithmetic, adc=Adc())


def _without_noise(arithmetic: Analog) -> Analog:
    return replace(arithmetic, adc=Adc(), cell=Cell(technology="pcm", bits=7))
