"""Crossbars against forms worked out by hand: X-Former, HERMES, PUMA's pipeline, and dynamic operands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.crossbar import Crossbar
from bitline.hardware import (
    Adc,
    Array,
    Cell,
    Chip,
    Dac,
    Hierarchy,
    InputFormat,
    Technology,
    Use,
    WeightFormat,
    Work,
    Write,
)
from bitline.operators import Gather, MatMul, weights_of

CHIP = Chip(name="chip", technology=Technology(node_nm=32), engines={}, placement=())
XFORMER = Crossbar(
    cell=Cell(technology="reram", bits=2),
    array=Array(rows=128, columns=128, read_s=100e-9),
    adc=Adc(bits=8, rate_hz=1.28e9),
    hierarchy=Hierarchy(arrays_per_core=6, cores_per_tile=8, tiles=36),
)
HERMES = Crossbar(
    cell=Cell(technology="pcm", bits=7),
    array=Array(rows=256, columns=512, read_s=130e-9),
    weight=WeightFormat(bits=8, encoding="differential"),
    input=InputFormat(bits=8, bits_per_pulse=8),
    adc=Adc(kind="time", bits=8, per_array=256, rate_hz=1 / 130e-9),
)
QUERY = MatMul(name="q", role="q", vectors=512, k=768, n=768)
SCORES = MatMul(name="scores", role="scores", vectors=6144, k=64, n=512, stationary="cache", matrices=12, held=12)


def seconds(engine: Crossbar, work: Work, chip: Chip = CHIP) -> float:
    latency = {part.name: part.latency_s.typical for part in engine.parts(chip)}
    stream = max(latency[name] * float(use.serial) for name, use in work.stream.items())
    return stream + sum(latency[name] * float(use.serial) for name, use in work.setup.items())


def joules(engine: Crossbar, work: Work, chip: Chip = CHIP) -> float:
    energy = {part.name: part.energy_j.typical for part in engine.parts(chip)}
    return sum(energy[name] * float(use.total) for uses in (work.stream, work.setup) for name, use in uses.items())


def test_36_tiles_hold_exactly_one_bert_base_layer() -> None:
    shapes = [(768, 768)] * 4 + [(768, 3072), (3072, 768)]
    layer = sum(XFORMER.claim(MatMul(name="w", role="w", vectors=1, k=k, n=n)) for k, n in shapes)
    assert layer == XFORMER.units == 36 * 8 * 6
    assert XFORMER.units * 128 * 128 // XFORMER.columns_per_weight == 7_077_888


def test_a_bit_of_128_columns_takes_100_ns() -> None:
    stream = XFORMER.work(QUERY).stream
    assert stream["adc"].serial == 512 * 8 * 128
    assert stream["cells"].serial == 512 * 8
    assert seconds(XFORMER, Work(stream=stream)) == pytest.approx(512 * 8 * 100e-9)


def test_a_vector_alone_takes_ten_steps_as_in_puma() -> None:
    # PUMA's simulator: t_ADC (bits / bits per pulse + 3 - 1), a pipeline of three stages, 1.0 us for 8 bits.
    assert seconds(XFORMER, XFORMER.work(replace(QUERY, vectors=1))) == pytest.approx(10 * 100e-9)


def test_conversions_and_pulses_are_counted_by_hand() -> None:
    stream = XFORMER.work(QUERY).stream
    assert stream["adc"].total == 512 * 8 * 6 * 768 * 4  # six row blocks, four columns per weight
    assert stream["dac"].total == 512 * 8 * 768 * 24  # 24 blocks of columns repeat every wordline
    assert stream["cells"].total == 512 * 8 * 144  # all 144 arrays are full
    assert stream["accumulator"].total == 512 * 768 * 5


def test_hermes_does_one_tera_operation_per_second() -> None:
    assert 2 * HERMES.peak_macs_per_s(CHIP) == pytest.approx(2 * 65536 / 130e-9)
    matrix = MatMul(name="w", role="w", vectors=1000, k=256, n=256)
    assert HERMES.claim(matrix) == 1
    stream = HERMES.work(matrix).stream
    assert seconds(HERMES, Work(stream=stream)) == pytest.approx(1000 * 130e-9)
    assert stream["adc"].total == 1000 * 256


def test_a_differential_pair_is_converted_once() -> None:
    offset = replace(HERMES, weight=WeightFormat(bits=7, encoding="offset"))
    matrix = MatMul(name="w", role="w", vectors=1, k=256, n=256)
    assert offset.columns_per_weight == 1
    assert HERMES.columns_per_weight == 2
    assert offset.work(matrix).stream["adc"].total == HERMES.work(matrix).stream["adc"].total


def test_split_signs_send_the_pulses_twice() -> None:
    split = replace(XFORMER, input=InputFormat(bits=8, signed="sign_split"))
    assert split.work(QUERY).stream["cells"].serial == 512 * 2 * 7


def test_rows_in_groups_follow_one_another() -> None:
    grouped = replace(XFORMER, array=Array(rows=128, columns=128, active_rows=16))
    short = replace(QUERY, k=40)
    assert grouped.work(short).stream["cells"].serial == 512 * 8 * 3
    assert grouped.work(short).stream["adc"].total == 512 * 8 * 3 * 768 * 4


def test_copies_share_the_vectors() -> None:
    one, four = XFORMER.work(QUERY), XFORMER.work(QUERY, copies=4)
    assert four.stream["adc"].serial * 4 == one.stream["adc"].serial
    assert four.stream["adc"].total == one.stream["adc"].total


def test_a_vector_left_over_keeps_one_copy_busy() -> None:
    odd = replace(QUERY, vectors=513)
    assert XFORMER.work(odd, copies=4).stream["cells"].serial == 129 * 8


def test_experts_work_side_by_side() -> None:
    routed = replace(QUERY, vectors=512, matrices=4, held=8)
    assert XFORMER.work(routed).stream["adc"].serial == 128 * 8 * 128


@pytest.mark.parametrize(
    ("cell", "holds", "runs_weights", "resident"),
    [
        (Cell(technology="reram"), None, True, True),
        (Cell(technology="sram", volatile=True), None, False, False),
        (Cell(technology="sram", volatile=True), "weights", True, True),
        (Cell(technology="reram"), "operands", False, False),
        (Cell(technology="reram"), "cache", False, False),
    ],
)
def test_cells_tell_what_they_hold_unless_the_description_does(
    cell: Cell, holds: object, runs_weights: bool, resident: bool
) -> None:
    engine = replace(XFORMER, cell=cell, holds=holds)
    assert (engine.runs(QUERY), engine.runs(SCORES), engine.resident) == (runs_weights, not runs_weights, resident)


def test_operands_are_written_first_row_after_row() -> None:
    write = Write(pulse_s=2e-9, energy_j=1e-15)
    engine = replace(XFORMER, cell=Cell(technology="sram-8t", volatile=True, write=write))
    work = engine.work(SCORES)
    assert engine.claim(SCORES) == 512 * 8 / 128
    assert work.setup["write"].serial == 64
    assert work.setup["write"].total == 12 * 64 * 512 * 8 / 128
    assert engine.rewrite(SCORES).stream == {}
    parts = {part.name: part for part in engine.parts(CHIP)}
    assert parts["write"].energy_j.typical * work.setup["write"].total == pytest.approx(12 * 64 * 512 * 8 * 1e-15)


def test_operands_that_do_not_fit_take_rounds() -> None:
    cell = Cell(technology="sram-8t", volatile=True)
    enough = replace(XFORMER, cell=cell, hierarchy=Hierarchy(tiles=384))
    half = replace(enough, hierarchy=Hierarchy(tiles=192))
    fits, rounds = enough.work(SCORES), half.work(SCORES)
    assert rounds.stream["adc"].serial == 2 * fits.stream["adc"].serial
    assert rounds.setup["write"].serial == 2 * fits.setup["write"].serial
    assert rounds.stream["adc"].total == fits.stream["adc"].total


def test_a_kept_cache_is_written_by_the_token() -> None:
    engine = replace(XFORMER, cell=Cell(technology="sram-8t", volatile=True), holds="cache")
    assert set(engine.work(SCORES).setup) == {"cells", "adc"}
    written = Gather(name="kv_write", role="kv_write", elements=2 * 768)
    assert engine.runs(written)
    assert engine.work(written).stream["write"].total == 2 * 768 * 8 / 128
    assert not engine.runs(Gather(name="embedding", role="embedding", elements=768))


def test_a_row_is_looked_up_with_one_pulse_on_one_wordline() -> None:
    # Rows of 70 values on arrays of 128 columns: 4 cells a value, so 280 columns on 3 arrays, the fullest with 128.
    table = Gather(name="embedding", role="embedding", elements=5 * 70, held=300 * 70, width=70)
    engine = replace(XFORMER, activations="buffer")
    assert engine.runs(table)
    work = engine.work(table)
    wanted = {
        "cells": (5 * 280 / 128**2, 5), "control": (5 * 280 / 128**2, 0), "dac": (5 * 3, 0),
        "sample_hold": (5 * 280, 5), "adc": (5 * 280, 5 * 128),
        "shift_add": (5 * 280, 5 * 128), "accumulator": (0, 0), "input_register": (5 * 8 * 3, 0),
        "output_register": (5 * 70 * 16, 0), "memory.buffer": (5 * 8, 5 * (8 + 70 * 16)),
        "memory.buffer.write": (5 * 70 * 16, 0),
    }  # fmt: skip
    assert {name: (use.total, use.serial) for name, use in work.stream.items()} == wanted
    assert {name: (use.total, use.serial) for name, use in work.setup.items()} == {"cells": (0, 1), "adc": (0, 128)}
    weights = weights_of(table)
    assert weights is not None
    assert engine.claim(weights) == 3 * 3
    assert engine.rewrite(weights).stream["write"].total == 300 * 280 / 128
    assert not replace(engine, cell=Cell(technology="sram-8t", volatile=True)).runs(table)


def test_masked_products_are_left_out_only_if_the_machine_can() -> None:
    masked = replace(SCORES, masked_fraction=0.25)
    engine = replace(XFORMER, cell=Cell(technology="sram-8t", volatile=True))
    assert engine.work(masked).stream["adc"].total == engine.work(SCORES).stream["adc"].total
    clever = replace(engine, skips_masked=True)
    assert clever.work(masked).stream["adc"].total == engine.work(SCORES).stream["adc"].total * 0.75


def test_weights_are_rewritten_with_pulses_and_verification() -> None:
    write = Write(pulse_s=1e-6, pulses=8, verify_s=1e-6, voltage_v=2.0, parallel_cells=32)
    engine = replace(XFORMER, cell=Cell(technology="reram", bits=2, g_max_siemens=1e-5, write=write))
    uses = engine.rewrite(QUERY).stream["write"]
    assert uses.serial == 128 * 4
    assert uses.total == 768 * 768 * 4 / 32
    assert seconds(engine, Work(stream={"write": uses})) == pytest.approx(128 * 4 * 16e-6)


def test_stated_values_win_everywhere() -> None:
    from bitline.engines.component import Component

    stated = Component(energy_j=1e-15, latency_s=1e-12, area_m2=1e-12, leakage_w=1e-9)
    names = ("sample_hold", "shift_add", "accumulator", "input_register", "output_register", "core", "tile")
    engine = replace(
        XFORMER,
        adc=Adc(bits=8, rate_hz=1e9, energy_per_conversion_j=1e-15, area_m2=1e-12, leakage_w=1e-9),
        dac=Dac(energy_per_pulse_j=1e-15, area_m2=1e-12, leakage_w=1e-9),
        cell=Cell(technology="reram", bits=2, read_energy_j=1e-15),
        **dict.fromkeys(names, stated),
    )
    parts = {part.name: part for part in engine.parts(CHIP)}
    for name in (*names, "adc", "dac"):
        part = parts[name]
        assert (part.energy_j.typical, part.area_m2.typical, part.leakage_w.typical) == (1e-15, 1e-12, 1e-9), name
    assert parts["cells"].energy_j.typical == pytest.approx(1e-15 * 128 * 128)


def test_a_stated_array_area_holds_its_drivers() -> None:
    engine = replace(XFORMER, array=Array(rows=128, columns=128, area_m2=2.5e-11))
    parts = {part.name: part for part in engine.parts(CHIP)}
    assert parts["cells"].area_m2.typical == 2.5e-11
    assert (parts["dac"].area_m2.typical, parts["dac"].area_m2.origin) == (0.0, "stated")


def test_instances_are_as_many_as_the_hierarchy_has() -> None:
    counts = {part.name: part.instances for part in replace(XFORMER, adc=Adc(bits=8, per_array=4)).parts(CHIP)}
    arrays = 36 * 8 * 6
    assert (counts["cells"], counts["dac"], counts["adc"]) == (arrays, arrays * 128, arrays * 4)
    assert (counts["core"], counts["tile"]) == (36 * 8, 36)


@given(bits=st.integers(1, 12), more=st.integers(1, 3), vectors=st.integers(1, 1000))
def test_more_converter_bits_are_never_cheaper(bits: int, more: int, vectors: int) -> None:
    few, many = (replace(XFORMER, adc=Adc(bits=b, rate_hz=1.28e9)) for b in (bits, bits + more))
    operator = replace(QUERY, vectors=vectors)
    assert joules(few, few.work(operator)) < joules(many, many.work(operator))


@given(
    k=st.integers(1, 2000), n=st.integers(1, 2000), matrices=st.integers(1, 40), vectors=st.integers(1, 999),
    arrays=st.integers(1, 500), converters=st.integers(1, 64), holds=st.sampled_from(["weights", "operands"]),
)  # fmt: skip
def test_doubling_arrays_or_converters_never_slows(
    k: int, n: int, matrices: int, vectors: int, arrays: int, converters: int, holds: str
) -> None:
    engine = replace(XFORMER, hierarchy=Hierarchy(tiles=arrays), adc=Adc(bits=8, per_array=converters), holds=holds)
    kind = "weight" if holds == "weights" else "cache"
    operator = MatMul(name="m", role="m", vectors=vectors * matrices, k=k, n=n, matrices=matrices, stationary=kind)
    now = seconds(engine, engine.work(operator))
    more_arrays = replace(engine, hierarchy=Hierarchy(tiles=2 * arrays))
    more_converters = replace(engine, adc=Adc(bits=8, per_array=2 * converters))
    assert seconds(more_arrays, more_arrays.work(operator)) <= now * (1 + 1e-12)
    assert seconds(more_converters, more_converters.work(operator)) <= now * (1 + 1e-12)


@given(k=st.integers(1, 700), n=st.integers(1, 700), rows=st.integers(1, 300), columns=st.integers(4, 300))
def test_claimed_arrays_have_room_for_the_matrix(k: int, n: int, rows: int, columns: int) -> None:
    engine = replace(XFORMER, array=Array(rows=rows, columns=columns))
    claim = engine.claim(MatMul(name="m", role="m", vectors=1, k=k, n=n))
    assert claim * rows * columns >= k * n * engine.columns_per_weight
    assert engine.work(MatMul(name="m", role="m", vectors=1, k=k, n=n)).stream["cells"].total <= 8 * claim


def test_uses_say_what_is_not_waited_for() -> None:
    assert XFORMER.work(QUERY).stream["dac"].serial == 0
    assert np.all(XFORMER.work(QUERY).setup["adc"].total == Use().total)


def test_drivers_of_one_bit_are_counted_with_the_array_and_converters_beside_it() -> None:
    """Arrays take 1.48 times their cells for what drives them; only what a description states replaces that."""
    one = {part.name: part.area_m2.typical for part in XFORMER.parts(CHIP)}
    by_level = replace(XFORMER, input=InputFormat(bits=8, bits_per_pulse=8, coding="voltage"))
    levels = {part.name: part.area_m2.typical for part in by_level.parts(CHIP)}
    stated = {part.name: part.area_m2.typical for part in replace(XFORMER, dac=Dac(area_m2=1e-12)).parts(CHIP)}
    assert one["dac"] == 0
    assert levels["dac"] > 0
    assert levels["cells"] == one["cells"]
    assert stated["dac"] == 1e-12
    assert stated["cells"] == pytest.approx(one["cells"] / 1.48)
