"""Weights and keys in formats of their own: W8A8, W4A16, W2 with 2:4, KV4, blocks with one exponent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.flash_pim import FlashPim
from bitline.engines.gpu import Gpu
from bitline.engines.systolic import Systolic
from bitline.hardware import Chip, Flash, InputFormat, Memory, Rule, Technology, WeightFormat
from bitline.hardware.compression import Compression
from bitline.mapping.width import cache_bits, weight_bits
from bitline.operators import Gather, MatMul
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import load_model, windowed

TWO_OF_FOUR = Compression(kept=2, left_out=2)
ONE_EXPONENT = Compression(shared_bits=8, shared_by=32)
MATRIX = MatMul(name="up", role="up", vectors=1, k=4096, n=4096)
KEYS = MatMul(name="scores", role="scores", vectors=32, k=128, n=1024, stationary="cache", matrices=32, held=32)
BOARD = Gpu(dense_macs_per_s={"int8": 1e12}, format="int8", bits=8, memory="main", activation_traffic_fraction=0.0)
GRID = Systolic(rows=128, columns=128, clock_hz=1e9, memory="main", weight=WeightFormat(), input=InputFormat())
DIES = FlashPim(
    memory="nand", host_macs_per_s=1e12,
    flash=Flash(page_bytes=16384, planes=2, dies=4, channels=8, channel_bytes_per_s=1e9, read_s=30e-6),
)  # fmt: skip
ENGINES = st.sampled_from([BOARD, GRID])
FORMATS = st.builds(
    Compression,
    kept=st.integers(1, 4),
    left_out=st.integers(0, 4),
    shared_bits=st.integers(0, 32),
    shared_by=st.integers(1, 128),
)


def read_bits(engine: Gpu | Systolic, operator: MatMul) -> float:
    return float(engine.work(operator).stream["memory.main"].total)


@pytest.mark.parametrize("engine", [BOARD, GRID])
def test_formats_by_hand(engine: Gpu | Systolic) -> None:
    weights, cached = 4096 * 4096, 32 * 128 * 1024
    assert (read_bits(engine, MATRIX), read_bits(engine, KEYS)) == (8 * weights, 8 * cached)
    narrow = replace(engine, weight_bits=4, cache_bits=4)
    assert (read_bits(narrow, MATRIX), read_bits(narrow, KEYS)) == (4 * weights, 4 * cached)
    pruned = replace(engine, weight_bits=2, weight_compression=TWO_OF_FOUR)
    assert (read_bits(pruned, MATRIX), read_bits(pruned, KEYS)) == (2 * weights, 8 * cached)
    blocks = replace(engine, cache_compression=ONE_EXPONENT)
    assert (read_bits(blocks, MATRIX), read_bits(blocks, KEYS)) == (8 * weights, 8.25 * cached)


@given(engine=ENGINES, bits=st.integers(1, 8), weights=FORMATS, cached=FORMATS)
def test_what_is_read_is_what_is_kept(
    engine: Gpu | Systolic, bits: int, weights: Compression, cached: Compression
) -> None:
    """The width in which an engine reads is the one that capacity is counted in."""
    stored = replace(engine, weight_bits=bits, cache_bits=bits, weight_compression=weights, cache_compression=cached)
    assert weight_bits(stored) == weights.bits_per_value(bits)
    assert read_bits(stored, MATRIX) == pytest.approx(4096 * 4096 * weight_bits(stored), rel=1e-12)
    assert read_bits(stored, KEYS) == pytest.approx(32 * 128 * 1024 * cache_bits(stored), rel=1e-12)


def test_new_keys_and_values_are_written_as_they_are_kept() -> None:
    board = replace(BOARD, cache_bits=4, cache_compression=Compression(shared_bits=32, shared_by=128))
    written = board.work(Gather(name="w", role="kv_write", elements=1000)).stream["memory.main.write"]
    assert written.total == 1000 * 4.25


@pytest.mark.parametrize(("part", "engine"), [("mac", BOARD), ("mac", GRID)])
def test_products_with_weights_that_are_left_out_are_skipped_if_asked(part: str, engine: Gpu | Systolic) -> None:
    pruned = replace(engine, weight_compression=TWO_OF_FOUR)
    skipping = replace(pruned, skips_left_out=True)
    assert pruned.work(MATRIX).stream[part] == engine.work(MATRIX).stream[part]
    assert skipping.work(MATRIX).stream[part].total == engine.work(MATRIX).stream[part].total / 2
    assert skipping.work(MATRIX).stream[part].serial == engine.work(MATRIX).stream[part].serial / 2
    assert skipping.work(KEYS).stream[part] == engine.work(KEYS).stream[part]
    assert read_bits(skipping, MATRIX) == read_bits(pruned, MATRIX)


ANY = Chip(name="any", technology=Technology(node_nm=16), engines={}, placement=())


@pytest.mark.parametrize("engine", [BOARD, GRID])
def test_the_peak_counts_products_that_are_skipped(engine: Gpu | Systolic) -> None:
    """So that no use of a machine is more than all of it."""
    pruned = replace(engine, weight_compression=TWO_OF_FOUR)
    assert pruned.peak_macs_per_s(ANY) == engine.peak_macs_per_s(ANY)
    assert replace(pruned, skips_left_out=True).peak_macs_per_s(ANY) == 2 * engine.peak_macs_per_s(ANY)


def test_the_peak_of_a_flash_is_that_of_what_its_pages_stand_for() -> None:
    cores = 32 * 16384 / 30e-6
    assert DIES.peak_macs_per_s(ANY) == pytest.approx(cores + 1e12)
    pruned = replace(DIES, weight_compression=TWO_OF_FOUR)
    # Ten bits a kept weight instead of eight, and each stands for two.
    assert pruned.peak_macs_per_s(ANY) == pytest.approx(2 * (0.8 * cores + 1e12))


def test_room_is_that_of_pruned_weights_and_of_a_bounded_cache() -> None:
    engine = replace(BOARD, bits=16, weight_bits=2, cache_bits=4, weight_compression=TWO_OF_FOUR)
    memory = Memory(kind="dram", capacity_bytes=4e9, bandwidth_bytes_per_s=4.6e11, standard="hbm2")
    chip = Chip(
        name="board", technology=Technology(node_nm=16), engines={"gpu": engine}, memories={"main": memory},
        placement=(Rule(operators=("*",), engine="gpu"),),
    )  # fmt: skip
    model, request = load_model("llama-2-7b"), Request(prompt=3000, generate=2)
    kept = estimate(windowed(model, 2044, 4), chip, request).held_bytes["main"]
    products = 2 * 32 * 4096 * 2047 * 0.5
    gains = 65 * 4096
    assert kept == pytest.approx((model.parameters - gains) * 2 / 8 + products, rel=1e-9)
    assert estimate(model, chip, request).held_bytes["main"] - kept == 2 * 32 * 4096 * 0.5 * (3001 - 2047)


def test_pages_of_pruned_weights_take_the_rounds_of_weights_as_narrow() -> None:
    pruned = replace(DIES, weight=WeightFormat(bits=2), weight_compression=TWO_OF_FOUR)
    narrow = replace(DIES, weight=WeightFormat(bits=2))
    assert weight_bits(pruned) == weight_bits(narrow) == 2
    for part in ("dies", "pages", "channels"):
        assert pruned.work(MATRIX).stream[part] == narrow.work(MATRIX).stream[part]
    for part in ("core", "host"):
        assert pruned.work(MATRIX).stream[part].total == narrow.work(MATRIX).stream[part].total / 2


def test_shared_bits_leave_fewer_weights_on_a_page() -> None:
    shared = replace(DIES, weight_compression=Compression(shared_bits=16, shared_by=128))
    whole = 4096 * 4096 / 16384
    assert DIES.work(MATRIX).stream["pages"].total == whole
    assert shared.work(MATRIX).stream["pages"].total == pytest.approx(whole * 8.125 / 8)
    assert shared.work(MATRIX).stream["dies"].serial > DIES.work(MATRIX).stream["dies"].serial
