"""Digital compute in memory against TSMC's 22 nm macro and counts by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.component import Component
from bitline.engines.digital_cim import DigitalCim
from bitline.engines.kinds import engine_kinds
from bitline.hardware import (
    BlockFloating,
    Chip,
    InputFormat,
    Integer,
    SharedExponent,
    Technology,
    WeightFormat,
    parse_chip_text,
)
from bitline.operators import Gather, MatMul, weights_of

TSMC = DigitalCim(rows=256, columns=256, clock_hz=4 / 10e-9, weight=WeightFormat(bits=4), input=InputFormat(bits=4))
AT_22 = Chip(name="c", technology=Technology(node_nm=22, supply_v=0.72), engines={}, placement=())
MATRIX = MatMul(name="w", role="w", vectors=100, k=256, n=64)


def test_tsmc_22_nm_does_3_3_tops() -> None:
    assert 2 * TSMC.peak_macs_per_s(AT_22) == pytest.approx(3.3e12, rel=0.01)


def test_tsmc_22_nm_takes_about_22_femtojoule_per_mac() -> None:
    # Published 89 TOPS/W is 22.5 fJ per 4 b x 4 b product, tree included; the gate model is good to a factor of two.
    part = TSMC.parts(AT_22)[0]
    per_mac = part.energy_j.typical * float(TSMC.work(MATRIX).stream["mac"].total) / MATRIX.macs
    assert 22.5e-15 / 2 < per_mac < 22.5e-15 * 2


def test_cycles_are_pulses_times_groups_of_rows() -> None:
    assert TSMC.work(MATRIX).stream["mac"].serial == 100 * 4
    assert TSMC.work(MATRIX).stream["mac"].total == 100 * 4
    assert replace(TSMC, active_rows=64).work(MATRIX).stream["mac"].serial == 100 * 4 * 4
    assert replace(TSMC, input=InputFormat(bits=4, bits_per_pulse=2)).work(MATRIX).stream["mac"].serial == 200


def test_row_blocks_are_added_up() -> None:
    tall = replace(MATRIX, k=600)
    assert TSMC.claim(tall) == 3
    assert TSMC.work(tall).stream["accumulator"].total == 100 * 64 * 2


def test_a_row_is_looked_up_in_one_cycle() -> None:
    table = Gather(name="embedding", role="embedding", elements=5 * 100, held=600 * 100, width=100)
    engine = replace(TSMC, active_rows=64, macros=6)
    assert engine.runs(table)
    work = engine.work(table)
    assert (work.stream["mac"].total, work.stream["mac"].serial) == (5 * 100 / (64 * 64), 5)
    assert work.stream["accumulator"].total == 0
    assert not work.setup
    weights = weights_of(table)
    assert weights is not None
    assert engine.claim(weights) == 3 * 2
    assert not replace(engine, holds="operands").runs(table)


def test_sums_are_lossless() -> None:
    assert TSMC.arithmetic() == Integer(weight=WeightFormat(bits=4), input=InputFormat(bits=4))


def test_a_stated_energy_per_product_wins() -> None:
    engine = replace(TSMC, mac=Component(energy_j=20e-15))
    spent = engine.parts(AT_22)[0].energy_j.typical * float(engine.work(MATRIX).stream["mac"].total)
    assert spent == pytest.approx(20e-15 * MATRIX.macs)


def test_operands_are_written_and_weights_are_not() -> None:
    keys = replace(MATRIX, stationary="cache", matrices=2)
    assert TSMC.work(MATRIX).setup == {}
    written = replace(TSMC, holds="operands").work(keys).setup["write"]
    assert (written.serial, written.total) == (256 * 2, 2 * 256)  # two rounds on one macro, 256 rows of 64 weights each
    assert TSMC.rewrite(MATRIX).stream["write"].total == 256


def test_half_the_toggling_is_half_the_energy() -> None:
    calm = replace(TSMC, toggle_fraction=0.25)
    assert calm.parts(AT_22)[0].energy_j.typical == pytest.approx(TSMC.parts(AT_22)[0].energy_j.typical / 2)


def test_area_is_between_bare_cells_and_ten_times_that() -> None:
    cells_m2 = 256 * 256 * 400 * (22e-9) ** 2
    assert cells_m2 < TSMC.parts(AT_22)[0].area_m2.typical < 30 * cells_m2


@given(macros=st.integers(1, 100), k=st.integers(1, 999), n=st.integers(1, 999), matrices=st.integers(1, 30))
def test_doubling_macros_never_slows(macros: int, k: int, n: int, matrices: int) -> None:
    operator = MatMul(name="m", role="m", vectors=64 * matrices, k=k, n=n, matrices=matrices)
    few, many = (replace(TSMC, macros=m).work(operator).stream["mac"] for m in (macros, 2 * macros))
    assert many.serial <= few.serial
    assert many.total == few.total


def test_keys_in_blocks_are_written_with_their_exponents() -> None:
    keys, shared = replace(MATRIX, stationary="cache", matrices=2), SharedExponent(values=32, key_order="weights")
    engine = replace(TSMC, holds="operands", shared_exponent=shared)
    assert engine.arithmetic() == BlockFloating(weight=TSMC.weight, input=TSMC.input, exponent=shared)
    plain = replace(TSMC, holds="operands").work(keys).setup["write"]
    assert engine.work(keys).setup["write"].total / plain.total == 4.25 / 4
    assert engine.work(keys).stream == replace(TSMC, holds="operands").work(keys).stream


def test_a_shared_exponent_can_be_described() -> None:
    text = """
        name: c
        technology: {node_nm: 22}
        engines:
          keys:
            kind: digital_cim
            rows: 128
            columns: 256
            clock_hz: 1.0e+9
            holds: cache
            weight: {bits: 4}
            shared_exponent: {values: 64, key_order: measured}
        placement: [{operators: ["*"], engine: keys}]
    """
    engine = parse_chip_text(text, engine_kinds()).engines["keys"]
    assert isinstance(engine, DigitalCim)
    assert engine.shared_exponent == SharedExponent(values=64, bits=8, key_order="measured")
