"""What a crossbar claims and converts, against arrays that are filled cell by cell."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.crossbar import Crossbar
from bitline.hardware import Activity, Adc, Array, Cell, Chip, InputFormat, Technology, WeightFormat
from bitline.operators import MatMul

CHIP = Chip(name="chip", technology=Technology(node_nm=32), engines={}, placement=())


@st.composite
def engines(draw) -> Crossbar:
    encoding = draw(st.sampled_from(("offset", "bias_column", "differential", "sign_split")))
    pairs = encoding in ("differential", "sign_split")
    cut = draw(st.sampled_from(((), (1, 2, 1), (2, 1, 1, 1))))
    return Crossbar(
        cell=Cell(technology="reram", bits=2),
        array=Array(
            rows=draw(st.sampled_from((5, 8))),
            columns=draw(st.sampled_from((17, 24, 32))),
            active_rows=draw(st.sampled_from((None, 3, 4))),
        ),
        weight=WeightFormat(bits=5 if pairs else 4, encoding=encoding, slice_bits=cut),
        input=InputFormat(bits=4, signed=draw(st.sampled_from(("twos_complement", "sign_split", "bipolar")))),
        adc=Adc(bits=6, per_array=draw(st.sampled_from((1, 4)))),
    )


def filled(engine: Crossbar, k: int, n: int) -> dict[tuple[int, int], dict[int, list[tuple[int, str]]]]:
    """Place every cell: the columns of each array, by array, each with its rows and what it stands for."""
    digits = len(engine.weight.slices(engine.cell.bits))
    signs = ("+", "-") if engine.weight.polarities == 2 else ("+",)
    spare = digits if engine.weight.encoding == "bias_column" else 0
    arrays: dict[tuple[int, int], dict[int, list[tuple[int, str]]]] = {}
    for row in range(k):
        across, column = 0, 0
        for _ in range(n):
            if column + digits * len(signs) > engine.array.columns - spare:
                across, column = across + 1, 0
            for _ in range(digits):
                for sign in signs:
                    held = arrays.setdefault((row // engine.array.rows, across), {})
                    held.setdefault(column, []).append((row % engine.array.rows, sign))
                    column += 1
    for held in arrays.values():
        for column in range(spare):
            held[engine.array.columns - spare + column] = [(row, "bias") for row, _ in held[0]]
    return arrays


@given(engines(), st.integers(1, 20), st.integers(1, 20), st.integers(1, 3))
def test_counts_are_those_of_cells_placed_one_by_one(engine, k, n, vectors):
    arrays = filled(engine, k, n)
    pulses = engine.input.pulses * engine.input.passes
    halves = 2 if engine.weight.encoding == "differential" else 1
    conversions = busiest = written = 0
    for held in arrays.values():
        at_once = engine.array.rows_at_once
        driven = len({row // at_once for rows in held.values() for row, _ in rows})
        conversions += vectors * pulses * driven * len(held) // halves
        busiest = max(busiest, -(-(len(held) // halves) // engine.adc.per_array))
        written += sum(len(rows) for rows in held.values())
    operator = MatMul(name="w", role="w", vectors=vectors, k=k, n=n)
    assert engine.claim(operator) == len(arrays)
    work = engine.work(operator)
    assert work.stream["adc"].total == conversions
    assert work.setup["adc"].serial == busiest
    cells = work.stream["cells"].total * engine.array.rows_at_once * engine.array.columns
    assert cells == pytest.approx(vectors * pulses * written)
    at_a_time = engine.array.columns
    assert engine.rewrite(replace(operator, held=1)).stream["write"].total * at_a_time == pytest.approx(written)


@pytest.mark.parametrize("bits", [1, 3, 7])
def test_a_pulse_whose_length_is_its_digit_takes_as_many_read_times(bits):
    """Of the cells; its driver needs no levels, and cells that conduct do so for the mean digit."""
    high = Crossbar(
        cell=Cell(technology="reram", bits=2, g_max_siemens=1e-5, read_voltage_v=0.2),
        array=Array(rows=64, columns=64, read_s=10e-9),
        input=InputFormat(bits=7, bits_per_pulse=bits, signed="offset"),
        adc=Adc(bits=8, rate_hz=1e12),
    )
    long = replace(high, input=replace(high.input, coding="time"))
    operator = MatMul(name="w", role="w", vectors=10, k=64, n=16)
    assert long.work(operator) == high.work(operator)
    one, other = ({part.name: part for part in engine.parts(CHIP)} for engine in (high, long))
    units = 2**bits - 1
    assert other["cells"].latency_s.typical == pytest.approx(units * one["cells"].latency_s.typical)
    assert other["cells"].energy_j.typical == pytest.approx(units * one["cells"].energy_j.typical)
    assert high.peak_macs_per_s(CHIP) == pytest.approx(units * long.peak_macs_per_s(CHIP))
    assert (other["dac"].energy_j.typical < one["dac"].energy_j.typical) == (bits > 1)
    assert (other["dac"].area_m2.typical < one["dac"].area_m2.typical) == (bits > 1)
    busy = {part.name: part for part in long.parts_in_use(CHIP, Activity(drive_fraction=0.25))}
    assert busy["cells"].energy_j.typical == pytest.approx(other["cells"].energy_j.typical / 2)


def test_what_was_measured_for_a_read_stays():
    cell = Cell(technology="reram", read_energy_j=3e-15)
    engine = Crossbar(
        cell=cell,
        array=Array(rows=64, columns=64, read_s=10e-9),
        input=InputFormat(bits=8, bits_per_pulse=4, signed="offset", coding="time"),
    )
    energies = {part.name: part.energy_j.typical for part in engine.parts(CHIP)}
    assert energies["cells"] == pytest.approx(64 * 64 * 3e-15)
