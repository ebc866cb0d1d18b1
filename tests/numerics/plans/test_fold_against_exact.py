"""One folded product, one noise of the output: the same as every block, digit and pulse on its own."""

from __future__ import annotations

import pytest
import torch

from bitline.engines.kinds import engine_kinds
from bitline.hardware import Adc, Analog, Array, Cell, Correction, InputFormat, Spread, WeightFormat, WireModel
from bitline.hardware.document import Document
from bitline.hardware.library import part_names
from bitline.hardware.schema import value_of
from bitline.hardware.using import with_parts
from bitline.numerics import program
from bitline.numerics.devices import Age

torch.set_num_threads(1)

K, N = 75, 8
WEIGHTS = {
    "offset": WeightFormat(),
    "bias column": WeightFormat(encoding="bias_column"),
    "pairs": WeightFormat(encoding="differential"),
    "balanced pairs": WeightFormat(encoding="differential", digits="balanced"),
    "split": WeightFormat(encoding="sign_split"),
    "unequal": WeightFormat(bits=6, slice_bits=(1, 2, 2, 1)),
    "blocks": WeightFormat(scale="block"),
    "digital reference": WeightFormat(reference="digital"),
}
INPUTS = {
    "bits": InputFormat(),
    "offset": InputFormat(signed="offset", bits_per_pulse=3),
    "measured offset": InputFormat(signed="offset", offset_product="measured", bits_per_pulse=8),
    "split": InputFormat(signed="sign_split", bits_per_pulse=2),
    "bipolar": InputFormat(signed="bipolar", bits_per_pulse=7),
    "unsigned": InputFormat(signed="unsigned", bits_per_pulse=4),
}
WIRES = {
    "none": Array(rows=32, columns=32),
    "one resistance": Array(rows=32, columns=32, wire_resistance_ohm=3.0),
    "groups of rows": Array(rows=32, columns=32, active_rows=12, wires=WireModel(wordline_ohm=2.0, bitline_ohm=4.0)),
    "every end": Array(rows=32, columns=40, wires=WireModel(
        bitline_ohm=2.0, driver_ohm=50.0, sense_ohm=50.0, access_ohm=500.0, drive="two_sided", method="exact")),
}  # fmt: skip


def cell_of(name: str) -> Cell:
    tree = with_parts(Document(tree={"use": name, "read_noise": None}), Cell, engine_kinds()).tree
    cell, problems = value_of(Cell, {key: value for key, value in tree.items() if key != "provenance"})
    assert not problems
    return cell


def straying(bits: int = 2, **changes: object) -> Cell:
    parts = {"programming_noise": Spread(sigma_fraction=0.03), "g_max_siemens": 2e-5, "on_off_ratio": 20.0}
    return Cell(technology="pcm", bits=bits, **{**parts, **changes})  # type: ignore[arg-type]


def vectors(arithmetic: Analog, rows: int = 6) -> torch.Tensor:
    x = torch.randn(rows, K, generator=torch.Generator().manual_seed(3))
    return x.abs() if arithmetic.input.signed == "unsigned" else x


def both(arithmetic: Analog, age: Age) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    weight = torch.randn(N, K, generator=torch.Generator().manual_seed(5))
    x, found = vectors(arithmetic), []
    for plan in ("fold", "exact"):
        made = program(weight, arithmetic, key=(1, "w"), plan=plan)  # type: ignore[arg-type]
        made.grow(age)
        found.append(made.multiply(x))
    return found[0], found[1], x @ weight.T


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("inputs", INPUTS)
def test_every_encoding_folds(weight, inputs):
    arithmetic = Analog(weight=WEIGHTS[weight], input=INPUTS[inputs], cell=straying(), array=WIRES["none"], adc=Adc())
    fold, exact, meant = both(arithmetic, Age())
    assert (exact - meant).std() > 0.005 * meant.std(), "cells stray"
    torch.testing.assert_close(fold, exact, rtol=0, atol=float(5e-4 * meant.abs().max()))


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("wires", [name for name in WIRES if name != "none"])
def test_wires_fold(weight, wires):
    if (weight, wires) == ("blocks", "groups of rows"):
        pytest.skip("blocks that share wires are refused")
    arithmetic = Analog(weight=WEIGHTS[weight], input=INPUTS["split"], cell=straying(), array=WIRES[wires], adc=Adc())
    fold, exact, meant = both(arithmetic, Age())
    assert (exact - meant).std() > 0.005 * meant.std(), "wires weaken"
    torch.testing.assert_close(fold, exact, rtol=0, atol=float(1e-3 * meant.abs().max()))


@pytest.mark.parametrize("name", part_names("cell"))
@pytest.mark.parametrize("drift", ["none", "global", "column"])
def test_every_device_folds_at_any_age(name, drift):
    cell = cell_of(name)
    form = WeightFormat(bits=max(4, cell.bits + 1), encoding="differential")
    arithmetic = Analog(
        weight=form, input=INPUTS["bits"], cell=cell, array=WIRES["none"], adc=Adc(), correction=Correction(drift=drift)
    )
    for age in (Age(), Age(seconds=1e5, kelvin=330.0)):
        fold, exact, meant = both(arithmetic, age)
        torch.testing.assert_close(fold, exact, rtol=0, atol=float(2e-3 * meant.abs().max()))


NOISES = {
    "of the range": {"cell": straying(programming_noise=None, read_noise=Spread(sigma_fraction=0.02))},
    "of the state": {"cell": straying(programming_noise=None, read_noise=Spread(sigma_fraction=0.05, of="state"))},
    "behind the bitline": {"output_noise_fraction": 0.01},
    "of charge": {"cell": Cell(technology="sram-8t1c", bits=2, summation="charge", capacitance_farad=1e-16,
                               read_voltage_v=0.5)},
    "of all": {"cell": straying(read_noise=Spread(sigma_fraction=0.02)), "output_noise_fraction": 0.004},
}  # fmt: skip
READ_ALIKE = [name for name in WEIGHTS if name != "blocks"]


@pytest.mark.parametrize("weight", READ_ALIKE)
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("inputs", ["bits", "split", "bipolar"])
def test_the_noise_of_an_output_is_that_of_all_its_reads(weight, noise, inputs):
    parts = {"weight": WEIGHTS[weight], "input": INPUTS[inputs], "cell": Cell(technology="reram", bits=2),
             "array": Array(rows=32, columns=32, active_rows=12), "adc": Adc()}  # fmt: skip
    arithmetic = Analog(**{**parts, **NOISES[noise]})  # type: ignore[arg-type]
    held = torch.randn(N, K, generator=torch.Generator().manual_seed(5))
    x = torch.randn(300, K, generator=torch.Generator().manual_seed(6))
    x[:100, :40] = 0.0
    fold, exact = (program(held, arithmetic, key=(1, "w"), plan=plan) for plan in ("fold", "exact"))
    codes, _ = fold.codes(x)
    folded = fold.rows[0].computed
    mean = folded.mean(codes).double() * folded.unit
    deviation = folded.noise.variance(codes).double().sqrt()
    for sums in (exact.rows[0].computed.sums(codes), folded.sums(codes) * folded.unit):
        standard = (sums.double() - mean) / deviation
        # A bias column strays all outputs of a vector together: no more numbers than vectors then.
        numbers = len(x) if weight == "bias column" else standard.numel()
        assert abs(float(standard.mean())) < 5 / numbers**0.5
        assert float(standard.std()) == pytest.approx(1, abs=5 / (2 * numbers) ** 0.5)
