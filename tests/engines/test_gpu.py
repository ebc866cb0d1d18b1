"""A processor as a roofline: sorts of kernels, what is counted, widths in memory; and a tool's own conventions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.gpu import Gpu
from bitline.engines.grid import Grid
from bitline.engines.kernels import Kernels, Reach
from bitline.errors import CapacityError
from bitline.hardware import Chip, Memory, Rule, Technology
from bitline.mapping.width import cache_bits, weight_bits
from bitline.operators import Gather, MatMul, Operator, Vector
from bitline.systems import load_chip
from bitline.systems.load import FOLDER
from bitline.timeline.work import likeness
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import load_model

LEFT_OUT = Kernels(counted=False)
BOARD = Gpu(dense_macs_per_s={"fp16": 156e12}, memory="main", vector_operations_per_s=312e12)
MATRIX = MatMul(name="up", role="up", vectors=32, k=4096, n=4096)
KEYS = MatMul(
    name="scores", role="scores", vectors=32, k=128, n=1024, stationary="cache", matrices=32, held=32, after=()
)


def chip(engine: Gpu, bandwidth_bytes_per_s: float = 2.039e12) -> Chip:
    memory = Memory(kind="dram", capacity_bytes=8e10, bandwidth_bytes_per_s=bandwidth_bytes_per_s, standard="hbm2e")
    return Chip(
        name="board", technology=Technology(node_nm=7), engines={"gpu": engine}, memories={"main": memory},
        placement=(Rule(operators=("*",), engine="gpu"),),
    )  # fmt: skip


def seconds(engine: Gpu, operator: Operator) -> float:
    latency = {part.name: part.latency_s.typical for part in engine.parts(chip(engine))}
    work = engine.work(operator)
    stream_s = max((latency[n] * float(use.serial) for n, use in work.stream.items()), default=0.0)
    return float(stream_s + sum(latency[n] * float(use.serial) for n, use in work.setup.items()))


def moved_bits(engine: Gpu, operator: Operator) -> float:
    return sum(float(use.total) for name, use in engine.work(operator).stream.items() if name.startswith("memory"))


def test_widths_of_weights_caches_and_values_are_apart() -> None:
    narrow = replace(BOARD, weight_bits=4, cache_bits=8)
    values = 32 * (4096 + 4096) * 16
    assert moved_bits(narrow, MATRIX) == 4096 * 4096 * 4 + values
    assert moved_bits(narrow, KEYS) == 32 * 128 * 1024 * 8 + 32 * (128 + 1024) * 16
    assert moved_bits(narrow, Gather(name="w", role="kv_write", elements=100)) == 100 * (16 + 8)
    assert moved_bits(narrow, Gather(name="e", role="embedding", elements=100)) == 100 * (4 + 16)
    assert (weight_bits(narrow), cache_bits(narrow), narrow.arithmetic().bits) == (4, 8, 16)
    assert (weight_bits(BOARD), cache_bits(BOARD)) == (16, 16)
    assert cache_bits(replace(BOARD, weight_bits=4)) == 16, "narrow weights leave keys and values alone"


def test_a_model_fits_if_its_weights_are_narrow_enough() -> None:
    model = load_model("llama-2-70b")
    with pytest.raises(CapacityError, match="too few"):
        estimate(model, chip(BOARD), Request(prompt=16, generate=2))
    found = estimate(model, chip(replace(BOARD, weight_bits=4, cache_bits=8)), Request(prompt=16, generate=2))
    assert found.held_bytes["main"] == pytest.approx(model.parameters / 2, rel=0.01)


def test_the_most_special_description_wins_value_by_value() -> None:
    sorts = {
        "product": Kernels(bandwidth_efficiency_fraction=0.5, kernel_overhead_s=1e-3),
        "up": Kernels(kernel_overhead_s=2e-3),
    }
    board = replace(BOARD, kernels=sorts, kernel_overhead_s=9.0, activation_traffic_fraction=0.0)
    stream = 4096 * 4096 * 2 / 2.039e12 / 0.5
    assert seconds(board, MATRIX) == pytest.approx(stream + 2e-3)
    assert seconds(board, replace(MATRIX, role="down")) == pytest.approx(stream + 1e-3)
    assert seconds(board, KEYS) > 9.0


def test_what_is_not_counted_takes_nothing_but_room() -> None:
    board = replace(BOARD, kernels={"lm_head": LEFT_OUT, "softmax": LEFT_OUT})
    assert seconds(board, replace(MATRIX, role="lm_head")) == 0
    assert seconds(board, Vector(name="s", role="softmax", function="softmax", elements=10)) == 0
    model, request = load_model("llama-2-7b"), Request(prompt=8, generate=2)
    with_head, without = (estimate(model, chip(engine), request) for engine in (BOARD, board))
    assert with_head.held_bytes == without.held_bytes
    head_s = 4096 * 32000 * 2 / 2.039e12
    saved_s = with_head.mean_time_per_token_s - without.mean_time_per_token_s
    assert saved_s == pytest.approx(head_s, rel=0.01)


def test_products_of_one_size_and_two_roles_are_told_apart_only_where_roles_count() -> None:
    board = replace(BOARD, kernels={"q": LEFT_OUT})
    q, out = (replace(MATRIX, name=role, role=role) for role in ("q", "out"))
    assert likeness(q, 1) == likeness(out, 1)
    assert likeness(q, 1, roles=board.sees_roles) != likeness(out, 1, roles=board.sees_roles)
    model, request = load_model("llama-2-7b"), Request(prompt=8, generate=2)
    times = {o.role: o.time_s for o in estimate(model, chip(board), request).operators if o.phase == "decode"}
    assert times["q"] == 0 < times["out"]


def test_reach_is_a_line_in_the_logarithm_of_vectors_per_matrix() -> None:
    corners = (Reach(vectors=1, share_fraction=1.0), Reach(vectors=16, share_fraction=0.5))
    sort = Kernels(reach=corners)
    assert sort.share(replace(MATRIX, vectors=4)) == pytest.approx(0.75)
    assert sort.share(replace(MATRIX, vectors=8, matrices=2)) == pytest.approx(0.75)
    assert sort.share(replace(MATRIX, vectors=4096)) == 0.5
    assert np.allclose(sort.share(replace(MATRIX, vectors=np.array([0, 4, 64]))), [1.0, 0.75, 0.5])
    slow = replace(BOARD, kernels={"product": sort}, activation_traffic_fraction=0.0)
    assert seconds(slow, replace(MATRIX, vectors=16)) == pytest.approx(2 * 4096 * 4096 * 2 / 2.039e12)


def test_few_matrices_leave_most_of_the_processor_idle() -> None:
    alone = replace(BOARD, kernels={"attention": Kernels(grid=Grid(multiprocessors=128))})
    assert seconds(alone, KEYS) == pytest.approx(4 * seconds(BOARD, KEYS))
    assert seconds(alone, replace(KEYS, matrices=256, vectors=256)) == pytest.approx(
        seconds(BOARD, replace(KEYS, matrices=256, vectors=256))
    )


@given(
    vectors=st.integers(1, 4096), share=st.floats(0.05, 1.0), other=st.floats(0.05, 1.0),
    overhead=st.floats(0, 1e-4), traffic=st.floats(0, 1),
)  # fmt: skip
def test_no_knob_makes_a_kernel_faster_than_the_ideal_one(
    vectors: int, share: float, other: float, overhead: float, traffic: float
) -> None:
    sort = Kernels(
        compute_efficiency_fraction=share, bandwidth_efficiency_fraction=other, kernel_overhead_s=overhead,
        activation_traffic_fraction=traffic,
    )  # fmt: skip
    operator = replace(MATRIX, vectors=vectors)
    ideal = replace(BOARD, activation_traffic_fraction=traffic)
    real_s, ideal_s = seconds(replace(BOARD, kernels={"up": sort}), operator), seconds(ideal, operator)
    assert ideal_s * (1 - 1e-9) <= real_s <= (ideal_s / min(share, other) + overhead) * (1 + 1e-9)


def test_with_its_conventions_attacc_comes_out_in_decode() -> None:
    model, board = load_model(FOLDER / "a100" / "gpt3-13b-longer.json"), load_chip("a100/attacc")
    found = estimate(model, board, Request(prompt=2047 + 64, generate=2))
    spent_ms: dict[str, float] = {}
    for one in found.operators:
        if one.phase == "decode" and one.block == "layers":
            spent_ms[one.role] = spent_ms.get(one.role, 0.0) + 1e3 * one.time_s
    printed_ms = {"q+k+v": 2.236, "out": 0.746, "up+down": 5.954, "scores+context": 1.653, "activation": 0.332,
                  "norm": 0.551}  # fmt: skip
    for roles, printed in printed_ms.items():
        assert sum(spent_ms[role] for role in roles.split("+")) == pytest.approx(printed, rel=0.02), roles


def test_a_cpu_is_a_roofline_too() -> None:
    board, model = load_chip("i9-13900k"), load_model("llama-2-7b")
    found = estimate(model, board, Request(prompt=64, generate=2))
    # By hand: all weights but the embedding once a step, at 0.85 of 89.6 GB/s.
    floor_s = (model.parameters - 32000 * 4096) * 2 / (0.85 * 89.6e9)
    assert floor_s < found.mean_time_per_token_s < 1.02 * floor_s
    assert found.time_to_first_token_s == pytest.approx(64 * model.parameters / (0.8 * 0.6912e12), rel=0.1)


def test_the_bound_of_a_mixture_of_experts_in_five_bits_comes_out() -> None:
    # 48 layers of 128 experts (1024 to 4096 and back), all read in each of 8 steps on 1555 GB/s: about 0.16 s stated.
    board = replace(BOARD, weight_bits=5, activation_traffic_fraction=0.0)
    experts = MatMul(name="up", role="expert_up", vectors=128, k=1024, n=4096, matrices=128, held=128)
    assert 8 * 48 * 2 * seconds(board, experts) * 2.039e12 / 1.555e12 == pytest.approx(0.166, rel=0.01)


@pytest.mark.parametrize(("name", "format_", "faster"), [("a100", "int8", 2), ("h100", "fp8", 2), ("t4", "int8", 2)])
def test_narrow_arithmetic_is_as_much_faster_as_its_peak(name: str, format_: str, faster: float) -> None:
    board = load_chip(name)
    gpu = board.engines["gpu"]
    assert isinstance(gpu, Gpu)
    narrow = replace(gpu, format=format_, bits=8)
    assert narrow.peak_macs_per_s(board) == pytest.approx(faster * gpu.peak_macs_per_s(board), rel=1e-3)
    model, long = load_model("llama-3.2-1b"), Request(batch=4, prompt=2048)
    wide_s, narrow_s = (
        estimate(model, replace(board, engines={"gpu": one}), long).time_to_first_token_s for one in (gpu, narrow)
    )
    assert 0.7 * faster < wide_s / narrow_s <= faster * (1 + 1e-9)


def test_keys_and_values_take_room_in_their_own_width() -> None:
    model, long = load_model("llama-2-7b"), Request(batch=4, prompt=2000, generate=49)
    held = [
        estimate(model, chip(replace(BOARD, cache_bits=bits)), long).held_bytes["main"] for bits in (16, 8, 4, None)
    ]
    cache_values = 4 * 2048 * 2 * 32 * 4096
    assert held[0] - held[1] == pytest.approx(cache_values)
    assert held[1] - held[2] == pytest.approx(cache_values / 2)
    assert held[3] == held[0]
