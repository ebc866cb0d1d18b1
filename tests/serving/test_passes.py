"""Prices of passes against the estimator itself, for requests of all lengths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bitline.serving import Direct, Extent, Overlap, Passes, direct, horizons, overlap, room, sample
from bitline.systems import load_chip
from bitline.workload import chunk, load_model, mixed

CONTEXT, BATCH, ROWS = 4000, 64, 320
CASES = {
    # Largest error of passes of one kind, and of mixed ones.
    ("h100-sxm", "llama-2-7b"): (0.001, 0.001),
    ("gtx-1060", "llama-3.2-1b"): (0.002, 0.002),
    ("h100-sxm", "mixtral-8x7b"): (0.001, 0.002),
    ("h100-sxm", "deepseek-v2-lite"): (0.002, 0.006),
    ("cambricon-llm-s", "llama-2-7b"): (0.01, 0.02),
    ("h100@4x2", "llama-2-7b"): (0.02, 0.02),
    # Stages take turns at requests: the estimator takes all turns for as long as that of the longest request.
    ("cent", "llama-2-7b"): (0.15, 0.05),
}


def passes_of(one: Direct, extent: Extent) -> tuple[Passes, Passes]:
    """Give sums of parts, and passes with what the estimator says beyond."""
    sums = Passes(sample(one, extent))
    return sums, Passes(sums.samples, overlap(one, sums, extent))


@pytest.fixture(scope="module", params=CASES, ids=" ".join)
def placed(request) -> tuple[Direct, Passes, tuple[float, float]]:
    chip, model = request.param
    one = direct(load_model(model), load_chip(chip))
    _, passes = passes_of(one, Extent(context=CONTEXT, batch=BATCH, rows=ROWS, chunk=256))
    return one, passes, CASES[request.param]


def test_requests_that_make_tokens(placed):
    one, passes, (bound, _) = placed
    rng = np.random.default_rng(1)
    for requests in (1, 2, 7, 23, 41, 64):
        contexts = rng.integers(1, CONTEXT, requests)
        found_s = passes.decode(requests, float(contexts.mean()))
        assert found_s == pytest.approx(one.cost(mixed(one.model, contexts))[0, 0], rel=bound)


def test_parts_of_one_prompt(placed):
    one, passes, (bound, _) = placed
    for tokens, past in ((1, 0), (3, 17), (50, 0), (255, 3000), (256, 0), (100, 333)):
        found_s, decode_s = passes.mixed(0, 0.0, [(tokens, past)], 1)
        assert found_s == pytest.approx(one.cost(chunk(one.model, tokens, past))[0, 0], rel=bound)
        assert decode_s == 0


def test_mixed_passes(placed):
    one, passes, (_, bound) = placed
    rng = np.random.default_rng(2)
    for _ in range(20):
        contexts = rng.integers(1, CONTEXT, int(rng.integers(1, 61)))
        parts = [(int(tokens), int(rng.integers(0, 3900))) for tokens in rng.integers(1, 70, int(rng.integers(1, 4)))]
        found_s, decode_s = passes.mixed(len(contexts), float(contexts.mean()), parts, len(contexts) + len(parts))
        assert found_s == pytest.approx(one.cost(mixed(one.model, contexts, parts))[0, 0], rel=bound)
        assert decode_s == passes.decode(len(contexts), float(contexts.mean()))


def test_many_steps_are_the_steps_one_by_one(placed):
    _, passes, _ = placed
    for start in (5.0, 5.4, 3000.75):
        steps = [passes.decode(3, start + step) for step in range(40)]
        assert passes.decode(3, start, 40) == pytest.approx(np.sum(steps), rel=1e-9)
    whole_s = passes.decode(3, 5.4, 40)
    assert passes.until(whole_s * 0.999, 3, 5.4, 100) == (40, whole_s)
    assert passes.until(whole_s * 1.001, 3, 5.4, 100) == (41, passes.decode(3, 5.4, 41))
    assert passes.until(0.0, 3, 5.4, 100) == (1, passes.decode(3, 5.4))
    assert passes.until(1e9, 3, 5.4, 100)[0] == 100


@pytest.mark.parametrize("model", ["gemma-2-9b", "gpt-oss-20b", "deepseek-v3.2"])
def test_windows_are_seen_request_by_request(model):
    # Gemma 2 sees 4,096 tokens in half of its layers: the mean context of requests on both sides was 25 % too slow.
    chip = load_chip("h100-sxm")
    roomy = {name: replace(memory, count=16 * memory.count) for name, memory in chip.memories.items()}
    one = direct(load_model(model), replace(chip, memories=roomy))
    limits = horizons(one.model, 8000).limits
    _, passes = passes_of(one, Extent(context=8000, batch=BATCH, rows=ROWS, chunk=256, limits=limits))
    rng = np.random.default_rng(3)
    for contexts in (np.array([100, 7900] * 30), rng.integers(1, 8000, 23), np.array([127, 4095, 4096, 4097, 1])):
        seen = [(float(np.minimum(contexts, limit).mean()), float((contexts < limit).mean())) for limit in limits]
        found_s = passes.decode(contexts.size, float(contexts.mean()), seen=seen)
        assert found_s == pytest.approx(one.cost(mixed(one.model, contexts))[0, 0], rel=0.001)
        parts = [(50, 4080), (30, 0)]
        found_s, _ = passes.mixed(contexts.size, float(contexts.mean()), parts, contexts.size + 2, seen)
        assert found_s == pytest.approx(one.cost(mixed(one.model, contexts, parts))[0, 0], rel=0.01)


@pytest.mark.parametrize(
    ("chip", "model", "mean", "worst"),
    [("xformer", "gpt2", 0.2, 0.45), ("hastily", "gpt2", 0.1, 0.4), ("neupims", "llama-2-7b", 0.1, 0.35)],
)
def test_what_overlaps_in_mixed_passes(chip, model, mean, worst):
    # Schedules that cut tokens into blocks, and batches into parts, are jagged in the number of rows; what mixed passes
    # save is sampled and falls between. The plain sums are off by up to half.
    one = direct(load_model(model), load_chip(chip))
    context = min(CONTEXT, one.model.design.position_rows or CONTEXT) - 256
    sums, passes = passes_of(one, Extent(context=context, batch=BATCH, rows=ROWS, chunk=256))
    rng = np.random.default_rng(4)
    errors, plain = [], []
    for _ in range(30):
        contexts = np.full(int(rng.integers(1, 60)), int(rng.integers(1, context)))
        parts = [
            (int(tokens), int(rng.integers(0, context))) for tokens in rng.integers(1, 80, int(rng.integers(1, 4)))
        ]
        wanted_s = one.cost(mixed(one.model, contexts, parts))[0, 0]
        for found, kind in ((errors, passes), (plain, sums)):
            found_s, _ = kind.mixed(contexts.size, float(contexts[0]), parts, contexts.size + len(parts))
            found.append(found_s / wanted_s - 1)
    assert np.abs(errors).max() < worst
    assert np.sqrt(np.mean(np.square(errors))) < mean
    assert np.mean(np.square(errors)) <= np.mean(np.square(plain))


def test_no_overlap_is_looked_for_where_sums_are_right():
    one = direct(load_model("llama-2-7b"), load_chip("h100-sxm"))
    extent = Extent(context=CONTEXT, batch=BATCH, rows=ROWS, chunk=256)
    assert overlap(one, Passes(sample(one, extent)), extent) is None
    assert overlap(one, Passes(sample(one, extent)), Extent(context=9, batch=1, rows=5, chunk=5)) is None


def test_overlap_between_samples_by_hand():
    axes = tuple(np.array(axis) for axis in ([1, 3], [10], [4, 8], [0, 100]))
    more_s = np.arange(8, dtype=float).reshape(2, 1, 2, 2)
    found = Overlap(axes, more_s)
    assert found.more_s(1, 99.0, 4, 0) == 0.0
    assert found.more_s(3, 10.0, 8, 100) == 7.0
    assert found.more_s(2, 10.0, 6, 50) == pytest.approx(3.5)
    assert found.more_s(9, 10.0, 1, 25) == pytest.approx(4.25)


def test_room_is_what_the_weights_leave():
    one = direct(load_model("llama-2-7b"), load_chip("h100-sxm"))
    memory = one.chip.memories["hbm3"] if "hbm3" in one.chip.memories else next(iter(one.chip.memories.values()))
    # 6,738,415,616 parameters and 32 layers x 2 x 4,096 values a token, two bytes each; norms are not held as weights.
    norms = 65 * 4096
    free_bytes = memory.capacity_bytes * memory.count - 2 * (6_738_415_616 - norms)
    assert room(one, 700).tokens == int(free_bytes / (2 * 32 * 2 * 4096))


@pytest.mark.parametrize("group", ["h100-sxm@2", "h100-sxm@1x2"])
def test_room_of_a_group_is_that_of_all_its_devices(group):
    one, both = (direct(load_model("llama-2-7b"), load_chip(name)) for name in ("h100-sxm", group))
    memory = next(iter(one.chip.memories.values()))
    token_bytes = 2 * 2 * 32 * 4096
    more = memory.capacity_bytes * memory.count / token_bytes
    # Weights once; norms and the like are not held as weights. Cut embeddings may be rounded up.
    assert room(both, 700).tokens == pytest.approx(room(one, 700).tokens + more, rel=0.005)
