"""Systolic grids: loads and short streams by hand, and the stages that a cycle-level simulator of an NPU printed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.systolic import Systolic
from bitline.hardware import Chip, Memory, Technology
from bitline.operators import MatMul

NPU = Systolic(
    rows=128, columns=128, arrays=8, clock_hz=1e9, memory="hbm", activations="hbm",
    bandwidth_efficiency_fraction=1 - 260 / 3900,
)  # fmt: skip
"""That of the NeuPIMs artefact: 262 TFLOP/s, and 1,024 GB/s less refreshes; its runs reached 90 to 93 %."""
CHIP = Chip(
    name="npu",
    technology=Technology(node_nm=7),
    engines={"npu": NPU},
    placement=(),
    memories={"hbm": Memory(kind="dram", capacity_bytes=3.2e10, bandwidth_bytes_per_s=1.024e12, standard="hbm2")},
)


def weights(k: int, n: int, vectors: int = 1) -> MatMul:
    return MatMul(name="w", role="w", vectors=vectors, k=k, n=n)


def cycles(engine: Systolic, operator: MatMul) -> float:
    return float(engine.work(operator).stream["mac"].serial)


def seconds(engine: Systolic, operator: MatMul) -> float:
    latency = {part.name: part.latency_s.typical for part in engine.parts(CHIP)}
    work = engine.work(operator)
    stream = max(latency[name] * float(use.serial) for name, use in work.stream.items())
    return float(stream + sum(latency[name] * float(use.serial) for name, use in work.setup.items()))


def test_the_peak_is_that_of_the_artefact() -> None:
    assert 2 * NPU.peak_macs_per_s(CHIP) == pytest.approx(262e12, rel=1e-3)


def test_one_tile_takes_its_load_its_vectors_and_the_way_through_the_grid() -> None:
    one = replace(NPU, arrays=1)
    work = one.work(weights(128, 128, vectors=512))
    assert work.setup["mac"].serial == 128 + 128 + 128 - 2
    assert work.stream["mac"].serial == 512


@pytest.mark.parametrize(("vectors", "per_tile"), [(1, 128), (64, 128), (128, 128), (129, 129), (512, 512)])
def test_a_tile_takes_as_long_as_the_load_of_the_next(vectors: int, per_tile: int) -> None:
    # QKV of the 7B shape over four devices: 32 x 24 tiles on 8 grids.
    assert cycles(NPU, weights(4096, 3072, vectors)) == 32 * 24 / 8 * per_tile


@pytest.mark.parametrize(("vectors", "per_tile"), [(1, 4), (3, 4), (4, 4), (5, 5), (128, 128)])
def test_without_a_load_to_wait_for_a_few_vectors_still_take_the_least(vectors: int, per_tile: int) -> None:
    # A weight tile that stays: the artefact's instructions then follow each other max(vectors, 4) cycles apart.
    kept = replace(NPU, preload_cycles=0, least_vectors=4, arrays=1)
    assert cycles(kept, weights(256, 128, vectors)) == 2 * per_tile


def test_halving_a_batch_below_the_load_saves_nothing() -> None:
    whole, half = (cycles(NPU, weights(4096, 4096, vectors)) for vectors in (128, 64))
    assert whole == half
    assert cycles(NPU, weights(4096, 4096, 512)) == 4 * whole


def test_two_halves_of_a_batch_take_longer_than_the_whole_unless_both_are_long() -> None:
    # Why interleaving two halves of a batch loses at 64 and not at 256.
    for batch, loses in ((64, True), (128, True), (256, False), (512, False)):
        both, whole = (count * cycles(NPU, weights(4096, 4096, batch // count)) for count in (2, 1))
        assert (both > whole) is loses


@pytest.mark.parametrize(
    ("what", "k", "n", "vectors", "printed_ns"),
    [
        ("7B qkv", 4096, 3072, 1, 27275), ("7B proj", 1024, 4096, 1, 9500), ("7B fc1", 4096, 4096, 1, 35088),
        ("7B fc2", 4096, 4096, 1, 35452),
        ("7B proj, batch 32", 1024, 4096, 32, 9550),
        ("7B fc1, batch 32", 4096, 4096, 32, 36776), ("7B fc2, batch 32", 4096, 4096, 32, 37941),
        ("13B qkv", 5120, 3840, 1, 41419), ("13B proj", 1280, 5120, 1, 13971), ("13B fc1", 5120, 5120, 1, 54463),
        ("13B fc2", 5120, 5120, 1, 55581),
    ],
)  # fmt: skip
def test_stages_of_the_simulator_come_out(what: str, k: int, n: int, vectors: int, printed_ns: float) -> None:
    # Nothing is fitted: one of two ranks is away for refreshes, and everything is read once, as its reads say.
    for npu in (NPU, replace(NPU, holds="inputs")):
        assert 1e9 * seconds(npu, weights(k, n, vectors)) == pytest.approx(printed_ns, rel=0.06), what


def test_one_stage_of_the_simulator_does_not_come_out() -> None:
    # QKV of 32 requests took 14 % longer than that of one; what it reads and writes is 2 % more, and ours with it.
    found_ns = 1e9 * seconds(NPU, weights(4096, 3072, 32))
    assert 0.85 < found_ns / 31116 < 0.9


def test_inputs_that_stay_wait_for_a_load_and_then_for_every_further_block_of_outputs() -> None:
    # QKV of the 7B shape: 32 tiles of inputs for up to 128 vectors, 128 cycles and 23 blocks of 128 / 8.
    kept = replace(NPU, holds="inputs")
    for vectors, further in ((1, 0), (128, 0), (129, 1), (512, 3)):
        work = kept.work(weights(4096, 3072, vectors))
        once = 32 * (128 + 23 * 16)
        assert work.stream["mac"].serial == once
        assert work.setup["mac"].serial == 128 + 128 + 126 + further * once
    # Keys and values are no weights.
    cached = MatMul(name="s", role="scores", vectors=8, k=128, n=1024, matrices=8, held=8, stationary="cache")
    assert cycles(kept, cached) == cycles(NPU, cached)


def test_keys_and_values_may_stream_at_a_share_of_their_own() -> None:
    slow = replace(NPU, cache_bandwidth_efficiency_fraction=0.18)
    cached = MatMul(name="s", role="scores", vectors=8, k=128, n=1024, matrices=8, held=8, stationary="cache")
    bits = {npu: npu.work(cached).stream["memory.hbm"].serial for npu in (NPU, slow)}
    assert bits[slow] / bits[NPU] == pytest.approx((1 - 260 / 3900) / 0.18)
    assert slow.work(weights(128, 128)) == NPU.work(weights(128, 128))


def test_a_start_is_charged_once_for_an_operator_and_not_for_none() -> None:
    slow = replace(NPU, kernel_overhead_s=1e-6)
    assert seconds(slow, weights(128, 128)) == pytest.approx(seconds(NPU, weights(128, 128)) + 1e-6)
    assert seconds(slow, weights(128, 128, vectors=0)) == 0


@given(
    k=st.integers(1, 2000), n=st.integers(1, 2000), vectors=st.integers(1, 1000), least=st.integers(1, 64),
    load=st.integers(0, 256),
)  # fmt: skip
def test_loads_and_short_streams_only_ever_cost(k: int, n: int, vectors: int, least: int, load: int) -> None:
    operator = weights(k, n, vectors)
    ideal = cycles(replace(NPU, preload_cycles=0), operator)
    real = cycles(replace(NPU, preload_cycles=load, least_vectors=least), operator)
    assert ideal <= real <= ideal * max(load, least, 1)
    assert ideal >= operator.macs / (8 * 128 * 128)


def test_a_growing_batch_is_one_value() -> None:
    batch = np.array([1, 32, 128, 129, 512])
    together = NPU.work(replace(weights(512, 512), vectors=batch)).stream["mac"].serial
    assert list(np.asarray(together)) == [cycles(NPU, weights(512, 512, int(one))) for one in batch]
