"""What is computed at a time is a matter of caches: no number depends on it."""

from __future__ import annotations

import pytest
import torch

from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Spread, WeightFormat
from bitline.hardware.faults import Faults, YieldMap
from bitline.numerics import chance, effective, program
from bitline.numerics.codes import quantise
from bitline.numerics.plans import exact, fold

torch.set_num_threads(1)

STRAY = Spread(sigma_fraction=0.05)
STUCK = YieldMap(rows=16, columns=7, row=(1, 3), column=(0, 5), state=(1, 0))
STATE = Spread(sigma_fraction=0.05, of="state")
CELLS = {
    "ideal": Cell(technology="reram", bits=2),
    "stray": Cell(technology="reram", bits=2, programming_noise=STRAY),
    "noisy": Cell(technology="reram", bits=3, on_off_ratio=10.0, programming_noise=STRAY, read_noise=STATE),
}
INPUTS = {
    "one bit": InputFormat(),
    "two bits, split": InputFormat(bits_per_pulse=2, signed="sign_split"),
    "eight bits, offset": InputFormat(bits_per_pulse=8, signed="offset"),
    "twelve bits, bipolar": InputFormat(bits=12, bits_per_pulse=12, signed="bipolar"),
}
CONVERTERS = {
    "ideal": Adc(),
    "rounding": Adc(bits=6),
    "clipping": Adc(bits=4, range="unit"),
    "noisy": Adc(bits=7, noise_codes=0.5),
    "straying": Adc(bits=7, gain_spread_fraction=0.05),
}


@pytest.mark.parametrize("adc", CONVERTERS.values(), ids=CONVERTERS.keys())
@pytest.mark.parametrize("form", INPUTS.values(), ids=INPUTS.keys())
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
def test_rows_pulses_and_columns_at_a_time_do_not_show(cell, form, adc, monkeypatch):
    monkeypatch.setenv("BITLINE_KERNEL", "torch")
    for index, encoding in enumerate(("offset", "differential", "bias_column", "sign_split")):
        scale = "block" if index % 2 else "column"
        arithmetic = Analog(
            weight=WeightFormat(encoding=encoding, scale=scale), input=form, cell=cell,
            array=Array(rows=16, columns=64), adc=adc,
        )  # fmt: skip
        draw = torch.Generator().manual_seed(index)
        weight, x = torch.randn(11, 40, generator=draw), torch.randn(7, 40, generator=draw)
        with monkeypatch.context() as chunks:
            matrix = program(weight, arithmetic, key=(index,), plan="exact")
            wanted = matrix.multiply(x)
            for sums, rows, least in ((1 << 7, 1 << 5, 5), (1 << 30, 1 << 30, 1)):
                chunks.setattr(exact, "_CHUNK", sums)
                chunks.setattr(exact, "_ROWS", rows)
                chunks.setattr(exact, "_LEAST", least)
                assert torch.equal(matrix.multiply(x), wanted), (encoding, sums)


@pytest.mark.parametrize("kind", [torch.int8, torch.int32])
def test_few_rows_have_the_fingerprints_they_have_among_many(kind, monkeypatch):
    sent = torch.randint(-128, 128, (60, 70), dtype=kind, generator=torch.Generator().manual_seed(0))
    many = chance.fingerprints(sent)
    assert len(set(many.tolist())) == 60
    for few in (1, 2, chance._FEW, chance._FEW + 1):
        assert torch.equal(chance.fingerprints(sent[:few]), many[:few])
    monkeypatch.setattr(chance, "_FEW", 1000)
    assert torch.equal(chance.fingerprints(sent), many)


@pytest.mark.parametrize("length", [5, 3072, 65536, 65537, 140000])
def test_normal_numbers_from_a_position_on_are_those_of_the_whole_row(length):
    marks, keys = torch.tensor([3, -7, 2**62]), [("a", 1), ("b", 2)]
    whole = chance.normal_rows(marks, keys, length).view(3, 2, length)
    for first, count in ((0, 1), (1, length - 1), (length // 2, length - length // 2), (length - 1, 1)):
        some = chance.normal_rows(marks, keys, count, first)
        assert torch.equal(some.view(3, 2, count), whole[..., first : first + count])


@pytest.mark.parametrize("scale", ["column", "tensor", "block"])
@pytest.mark.parametrize("encoding", ["offset", "differential", "bias_column"])
def test_outputs_programmed_at_a_time_do_not_show(encoding, scale, monkeypatch):
    arithmetic = Analog(
        weight=WeightFormat(encoding=encoding, scale=scale),
        input=InputFormat(bits_per_pulse=8, signed="offset"),
        cell=Cell(
            technology="reram", bits=3, on_off_ratio=10.0, programming_noise=STRAY, read_noise=STATE,
            faults=Faults(stuck_on_fraction=0.05, map=STUCK),
        ),
        array=Array(rows=16, columns=64), adc=Adc(),
    )  # fmt: skip
    draw = torch.Generator().manual_seed(0)
    weight, x = torch.randn(23, 40, generator=draw), torch.randn(3, 40, generator=draw)
    wanted = program(weight, arithmetic, key=(0,), plan="fold").multiply(x)
    monkeypatch.setattr(effective, "_CELLS", 100)
    for module in (quantise, fold):
        monkeypatch.setattr(module, "_OUTPUTS", 3)
    assert torch.equal(program(weight, arithmetic, key=(0,), plan="fold").multiply(x), wanted)
