"""Resistive wires of the arrays that a layer lies on."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from bitline.errors import ConfigError
from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Spread, WeightFormat, WireModel
from bitline.numerics import program
from bitline.numerics.codes.slices import digits_of, levels
from bitline.numerics.wires import effective_conductance, effective_levels, wires_of

torch.set_num_threads(1)

CELL = Cell(technology="reram", bits=2, g_max_siemens=50e-6, on_off_ratio=20.0)
WIRES = WireModel(wordline_ohm=2.0, bitline_ohm=3.0, driver_ohm=100.0, sense_ohm=50.0, method="exact")
BASE = Analog(
    weight=WeightFormat(bits=5, encoding="differential"), input=InputFormat(bits=5, signed="bipolar"), cell=CELL,
    array=Array(rows=16, columns=12, wires=WIRES), adc=Adc(),
)  # fmt: skip


def operands(k=40, n=11):
    draw = torch.Generator().manual_seed(3)
    return torch.randn(n, k, generator=draw), torch.randn(5, k, generator=draw)


def test_a_layer_is_its_arrays_solved_one_by_one():
    """By hand: three outputs an array (two digits of a pair each), blocks of sixteen rows, plus before minus."""
    weight, x = operands()
    made = program(weight, BASE, key=(0,))
    assert made.choice.plan == "fold"
    codes, step = made.codes(x)
    held = torch.round(weight / made.rows[0].scale[:, None]).int()
    wanted = torch.zeros(len(x), len(weight), dtype=torch.float64)
    siemens = 50e-6 / 3 * (1 - 1 / 20)
    for first in range(0, 11, 3):
        for start in range(0, 40, 16):
            part = held[first : first + 3, start : start + 16]
            lines = []
            for output in part:
                for digit in digits_of(BASE.weight, CELL):
                    level = levels(output[None], BASE.weight, CELL, digit.index)[0]
                    lines += [level.clamp(min=0), (-level).clamp(min=0)]
            cells = torch.stack(lines).double() * siemens + 50e-6 / 20
            seen = effective_conductance(cells, wires_of(WIRES), "exact") / siemens
            current = codes[:, start : start + 16].double() @ seen.T
            pairs = current.view(len(x), len(part), 2, 2)
            places = torch.tensor([1.0, 4.0], dtype=torch.float64)
            wanted[:, first : first + 3] += ((pairs[..., 0] - pairs[..., 1]) * places).sum(-1)
    wanted = wanted * made.rows[0].scale * step
    torch.testing.assert_close(made.multiply(x).double(), wanted, rtol=1e-3, atol=1e-3)
    exact = program(weight, BASE, key=(0,), plan="exact").multiply(x)
    torch.testing.assert_close(made.multiply(x), exact, rtol=1e-3, atol=1e-3)
    ideal = program(weight, dataclasses.replace(BASE, array=Array(rows=16, columns=12)), key=(0,)).multiply(x)
    assert float((exact - ideal).norm() / ideal.norm()) > 0.02


@pytest.mark.parametrize("wires", [
    WireModel(wordline_ohm=1.0, bitline_ohm=1.0), WireModel(wordline_ohm=1.0, bitline_ohm=1.0, drive="two_sided"),
    WireModel(sense_ohm=200.0, sense="two_sided"),
])  # fmt: skip
@pytest.mark.parametrize("encoding", ["offset", "bias_column", "differential", "sign_split"])
def test_every_encoding_loses_some_signal_and_no_more(wires, encoding):
    weight, x = operands()
    layer = dataclasses.replace(BASE, weight=WeightFormat(bits=5, encoding=encoding), array=Array(rows=16, columns=12))
    ideal = program(weight, layer, key=(0,), plan="exact").multiply(x)
    real = dataclasses.replace(layer, array=Array(rows=16, columns=12, wires=wires))
    found = {plan: program(weight, real, key=(0,), plan=plan).multiply(x) for plan in ("fold", "exact")}
    torch.testing.assert_close(found["fold"], found["exact"], rtol=2e-3, atol=2e-3)
    error = float((found["fold"] - ideal).norm() / ideal.norm())
    assert 1e-4 < error < 0.2


def test_rows_driven_in_groups_lose_less():
    weight, x = operands()
    error = {}
    for active in (16, 4):
        array = Array(rows=16, columns=12, active_rows=active, wires=WireModel(sense_ohm=2000.0))
        found = program(weight, dataclasses.replace(BASE, array=array), key=(0,), plan="exact").multiply(x)
        ideal = dataclasses.replace(BASE, array=Array(rows=16, columns=12, active_rows=active))
        meant = program(weight, ideal, key=(0,), plan="exact").multiply(x)
        error[active] = float((found - meant).norm() / meant.norm())
    assert error[4] < 0.5 * error[16]


def test_curved_cells_settle_to_what_straight_ones_fold_to():
    """A sinh law far below its bend is a straight line; near it, it is not."""
    weight, x = operands(k=20, n=4)
    cell = dataclasses.replace(CELL, read_voltage_v=0.1)
    straight = dataclasses.replace(BASE, cell=cell)
    folded = program(weight, straight, key=(0,), plan="exact").multiply(x)
    found = {}
    for bend in (50.0, 0.05):
        wires = dataclasses.replace(WIRES, curve="sinh", sinh_v=bend)
        curved = dataclasses.replace(straight, array=Array(rows=16, columns=12, wires=wires))
        made = program(weight, curved, key=(0,))
        assert made.choice.plan == "exact"
        found[bend] = made.multiply(x)
        one = torch.cat([made.multiply(x[i : i + 1]) for i in range(len(x))])
        assert torch.equal(one, found[bend])
    torch.testing.assert_close(found[50.0], folded, rtol=1e-3, atol=2e-3)
    assert float((found[0.05] - folded).norm() / folded.norm()) > 0.02


def test_cells_opened_by_gates_settle():
    weight, x = operands(k=20, n=4)
    inputs = InputFormat(bits=4, signed="offset")
    straight = dataclasses.replace(BASE, input=inputs, array=Array(rows=16, columns=12))
    ideal = program(weight, straight, key=(0,), plan="exact").multiply(x)
    wires = WireModel(wordline_ohm=5.0, bitline_ohm=5.0, source="separate")
    gated = dataclasses.replace(straight, array=Array(rows=16, columns=12, wires=wires))
    found = program(weight, gated, key=(0,)).multiply(x)
    assert 1e-3 < float((found - ideal).norm() / ideal.norm()) < 0.3


@pytest.mark.parametrize("plan", ["fold", "statistical", "lossless"])
def test_what_is_not_linear_has_no_plan_but_exact(plan):
    cell = dataclasses.replace(CELL, read_voltage_v=0.1)
    wires = dataclasses.replace(WIRES, curve="sinh", sinh_v=0.1)
    curved = dataclasses.replace(BASE, cell=cell, array=Array(rows=16, columns=12, wires=wires))
    with pytest.raises(ConfigError, match="plan ="):
        program(torch.ones(2, 4), curved, key=(0,), plan=plan)


def test_interleaved_pairs_share_a_bitline():
    weight, x = operands(k=16, n=6)
    wires = WireModel(bitline_ohm=10.0, wordline_ohm=1.0, bitlines="interleaved", method="exact")
    layer = dataclasses.replace(BASE, array=Array(rows=16, columns=12, wires=wires))
    found = {plan: program(weight, layer, key=(0,), plan=plan) for plan in ("fold", "exact")}
    codes, step = found["fold"].codes(x)
    held = torch.round(weight / found["fold"].rows[0].scale[:, None]).int()
    lines = torch.stack([levels(held, BASE.weight, CELL, index) for index in (0, 1)], dim=1).reshape(12, 16)
    cells = torch.stack([lines.clamp(min=0), (-lines).clamp(min=0)]).mT.double()
    seen = effective_levels(cells, wires=wires, cell=CELL)
    sums = (codes.double() @ seen).view(len(x), 6, 2) @ torch.tensor([1.0, 4.0], dtype=torch.float64)
    for made in found.values():
        torch.testing.assert_close(made.multiply(x).double(), sums * made.rows[0].scale * step, rtol=1e-3, atol=1e-3)


def test_noise_of_reading_is_weakened_as_its_cells_are():
    """A resistance at the sense amplifier divides every cell's current by the same number."""
    weight, x = torch.ones(3, 16), torch.ones(2, 16)
    noisy = dataclasses.replace(CELL, read_noise=Spread(sigma_fraction=0.02))
    form = WeightFormat(bits=3, encoding="sign_split")
    layer = dataclasses.replace(BASE, cell=noisy, weight=form)
    spread = {}
    for ohm in (0.0, 5000.0):
        array = Array(rows=16, columns=12, wires=WireModel(sense_ohm=ohm, method="exact"))
        made = program(weight, dataclasses.replace(layer, array=array), key=(0,))
        codes, _ = made.codes(x)
        spread[ohm] = made.rows[0].computed.noise.variance(codes).sqrt()
    on, off = 1 + 5000.0 * 16 * 50e-6, 1 + 5000.0 * 16 * 2.5e-6
    share = ((1 / on**2 + 1 / off**2) / 2) ** 0.5
    torch.testing.assert_close(spread[5000.0], spread[0.0] * share, rtol=0.02, atol=0.0)


@pytest.mark.parametrize(("change", "sentence"), [
    ({"array": Array(rows=16, columns=12, wires=WireModel(bitlines="interleaved")),
      "weight": WeightFormat(bits=5)}, "array.wires.bitlines"),
    ({"array": Array(rows=16, columns=12, wires=WireModel(curve="sinh", sinh_v=0.1))}, "cell.read_voltage_v"),
    ({"array": Array(rows=16, columns=12, wires=WireModel(curve="sinh"))}, "array.wires.sinh_v"),
    ({"array": Array(rows=16, columns=12, wires=WireModel(source="separate"))}, "array.wires.source"),
])  # fmt: skip
def test_wires_that_cannot_be_solved_are_refused(change, sentence):
    with pytest.raises(ConfigError, match=sentence):
        program(torch.ones(2, 4), dataclasses.replace(BASE, **change), key=(0,))


def test_without_a_conductance_wires_mean_nothing():
    cell = dataclasses.replace(CELL, g_max_siemens=None)
    with pytest.raises(ConfigError, match="g_max_siemens"):
        program(torch.ones(2, 4), dataclasses.replace(BASE, cell=cell), key=(0,))
