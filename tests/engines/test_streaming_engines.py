"""Systolic grids, vector lanes and graphics processors: cycles, rooflines and traffic by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.component import Component
from bitline.engines.gpu import Gpu
from bitline.engines.systolic import Systolic
from bitline.engines.vector import VectorLanes
from bitline.errors import ConfigError
from bitline.hardware import Chip, Floating, InputFormat, Integer, Memory, Technology, WeightFormat
from bitline.operators import Gather, MatMul, Vector

CHIP = Chip(
    name="c",
    technology=Technology(node_nm=7),
    engines={},
    placement=(),
    memories={"main": Memory(kind="dram", capacity_bytes=8e10, bandwidth_bytes_per_s=2e12, standard="hbm2e")},
)
GRID = Systolic(
    rows=128, columns=128, clock_hz=1e9, memory="main", weight=WeightFormat(bits=4), input=InputFormat(bits=8)
)
LANES = VectorLanes(lanes=64, clock_hz=1e9, memory="main")
BOARD = Gpu(dense_macs_per_s={"fp16": 156e12, "fp32": 9.7e12}, memory="main")
MATRIX = MatMul(name="w", role="w", vectors=1000, k=256, n=512)


def test_a_grid_streams_the_vectors_once_per_tile() -> None:
    work = GRID.work(MATRIX)
    assert work.stream["mac"].serial == 2 * 4 * 1000
    assert work.setup["mac"].serial == 128 + 128 + 128 - 2
    assert work.stream["mac"].total * 128 * 128 == MATRIX.macs


def test_few_vectors_wait_for_the_next_tile_to_load() -> None:
    assert GRID.work(replace(MATRIX, vectors=1)).stream["mac"].serial == 2 * 4 * 128


def test_spare_grids_share_the_vectors() -> None:
    assert replace(GRID, arrays=8).work(MATRIX).stream["mac"].serial == 1000
    assert replace(GRID, arrays=16).work(MATRIX).stream["mac"].serial == 500


def test_weights_are_streamed_once_per_use_at_their_bits() -> None:
    assert GRID.work(MATRIX).stream["memory.main"].total == 256 * 512 * 4
    both = replace(GRID, activations="main").work(MATRIX).stream
    assert both["memory.main"].total == 256 * 512 * 4 + 1000 * 256 * 8
    assert both["memory.main.write"].total == 1000 * 512 * 8
    assert both["memory.main"].serial == 256 * 512 * 4 + 1000 * (256 + 512) * 8


def test_a_grid_is_integer_only_if_both_formats_are_given() -> None:
    assert isinstance(GRID.arithmetic(), Integer)
    assert replace(GRID, input=None).arithmetic() == Floating(bits=16)


@given(
    arrays=st.integers(1, 64), k=st.integers(1, 2000), n=st.integers(1, 2000), vectors=st.integers(1, 2000),
    matrices=st.integers(1, 8),
)  # fmt: skip
def test_doubling_grids_never_slows(arrays: int, k: int, n: int, vectors: int, matrices: int) -> None:
    operator = MatMul(name="m", role="m", vectors=vectors, k=k, n=n, matrices=matrices)
    few, many = (replace(GRID, arrays=a).work(operator).stream["mac"].serial for a in (arrays, 2 * arrays))
    assert many <= few


def test_lanes_share_the_elementary_operations() -> None:
    softmax = Vector(name="s", role="softmax", function="softmax", elements=6400, rows=64)
    work = LANES.work(softmax).stream
    assert work["lane"].total == 6400 * (4 + 11) + 64 * 9  # an exponential and a reciprocal in half precision
    assert work["lane"].serial == work["lane"].total / 64
    assert work["memory.main"].total == work["memory.main.write"].total == 6400 * 16
    assert (work["memory.main"].serial, work["memory.main.write"].serial) == (2 * 6400 * 16, 0)


def test_rows_that_keep_to_their_lanes_take_turns_and_few_rows_leave_lanes_idle() -> None:
    softmax = Vector(name="s", role="softmax", function="softmax", elements=6400, rows=64)
    apart = replace(LANES, row_lanes={"softmax": 16})
    row = 100 * (4 + 11) + 9
    # Four units of 16 lanes: 64 rows fill them 16 times, 2 leave half of them idle, 5 need two turns.
    for rows, turns in ((64, 16), (2, 1), (5, 2)):
        lanes = apart.work(replace(softmax, rows=rows, elements=100 * rows)).stream["lane"]
        assert (lanes.total, lanes.serial) == (rows * row, -(-turns * row // 16))
    norm = Vector(name="n", role="norm", function="rmsnorm", elements=4096, rows=1)
    assert apart.work(norm) == LANES.work(norm)


@given(rows=st.integers(1, 200), width=st.integers(1, 500), together=st.integers(1, 128))
def test_rows_that_keep_to_their_lanes_are_never_sooner(rows: int, width: int, together: int) -> None:
    softmax = Vector(name="s", role="softmax", function="softmax", elements=rows * width, rows=rows)
    apart = replace(LANES, row_lanes={"softmax": together})
    assert apart.work(softmax).stream["lane"].serial >= LANES.work(softmax).stream["lane"].serial


def test_a_function_nobody_wrote_out_is_not_run_unless_stated() -> None:
    strange = Vector(name="s", role="activation", function="sinc", elements=64)
    assert not LANES.runs(strange)
    assert not BOARD.runs(strange)
    with pytest.raises(ConfigError, match="function of s = 'sinc' is not one of"):
        LANES.work(strange)
    told = replace(LANES, operations_per_element={"sinc": 9.0})
    assert told.runs(strange)
    assert told.work(strange).stream["lane"].total == 64 * 9


def test_lanes_run_products_only_if_asked() -> None:
    assert not LANES.runs(MATRIX)
    assert LANES.peak_macs_per_s(CHIP) == 0
    simd = replace(LANES, products=True)
    work = simd.work(MATRIX).stream
    assert work["lane"].serial == MATRIX.macs / 64
    assert work["lane"].total == 2 * MATRIX.macs


def test_gathered_rows_are_read_once() -> None:
    work = LANES.work(Gather(name="e", role="embedding", elements=768)).stream
    assert work["memory.main"].total == 768 * 16


def seconds(engine: Gpu, operator: MatMul) -> float:
    latency = {part.name: part.latency_s.typical for part in engine.parts(CHIP)}
    work = engine.work(operator)
    stream = max(latency[name] * float(use.serial) for name, use in work.stream.items())
    return stream + sum(latency[name] * float(use.serial) for name, use in work.setup.items())


def test_a_long_product_is_limited_by_arithmetic_and_a_short_one_by_memory() -> None:
    large = MatMul(name="w", role="w", vectors=4096, k=4096, n=4096)
    assert seconds(BOARD, large) == pytest.approx(large.macs / 156e12)
    short = replace(large, vectors=1)
    assert seconds(BOARD, short) == pytest.approx((4096 * 4096 + 2 * 4096) * 2 / 2e12)


def test_efficiencies_and_the_start_of_a_kernel_slow_it() -> None:
    large = MatMul(name="w", role="w", vectors=4096, k=4096, n=4096)
    real = replace(BOARD, compute_efficiency_fraction=0.5, kernel_overhead_s=1e-5)
    assert seconds(real, large) == pytest.approx(2 * large.macs / 156e12 + 1e-5)


def test_board_power_takes_the_place_of_all_energies() -> None:
    parts = replace(BOARD, board_power_w=119.0).parts(CHIP)
    assert {part.energy_j.typical for part in parts} == {0.0}
    assert sum(part.leakage_w.typical for part in parts) == 119.0
    assert {part.name for part in parts} >= {*BOARD.work(MATRIX).stream, *BOARD.work(MATRIX).setup}


def test_a_stated_energy_per_product_wins() -> None:
    part = replace(BOARD, mac=Component(energy_j=1e-12, area_m2=8e-4)).parts(CHIP)[0]
    assert (part.energy_j.typical, part.area_m2.typical) == (1e-12, 8e-4)
    grid = replace(GRID, mac=Component(energy_j=1e-13)).parts(CHIP)[0]
    assert grid.energy_j.typical * float(GRID.work(MATRIX).stream["mac"].total) == pytest.approx(1e-13 * MATRIX.macs)


def test_unknown_formats_and_memories_are_named() -> None:
    with pytest.raises(ConfigError, match="format = 'fp61' is not one of fp16, fp32"):
        replace(BOARD, format="fp61").parts(CHIP)
    with pytest.raises(ConfigError, match=r"memory = 'mian' is not one of main\. Nearest: 'main'"):
        replace(LANES, memory="mian").parts(CHIP)
