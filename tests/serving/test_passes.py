"""Prices of passes against the estimator itself, for requests of all lengths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bitline.serving import Direct, Extent, Overlap, Passes, direct, horizons, overlap, room, sample
from bitline.serving.bends import bends
from bitline.serving.dealt import Dealt, deal
from bitline.serving.ledger import Ledger
from bitline.serving.spending import passes_j
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
    ("h100@4x2", "llama-2-7b"): (0.001, 0.03),
    ("cent", "llama-2-7b"): (0.02, 0.02),
}


def passes_of(one: Direct, extent: Extent) -> tuple[Passes, Passes]:
    """Give sums of parts, and passes with what the estimator says beyond."""
    sums = Passes(sample(one, extent))
    return sums, Passes(sums.samples, overlap(one, sums, extent))


def looked_back_on(one: Direct, contexts: np.ndarray, others: int = 0) -> float:
    """Give the mean, or that of the part of the requests with the longest."""
    found = deal(one.chip)
    if found is None:
        return float(contexts.mean())
    dealt = Dealt(found)
    for context in contexts.tolist():
        dealt.join(context, 0)
    return dealt.context(0, others)


def part_s(one: Direct, requests: int, context: int, parts: list[tuple[int, int]]) -> float:
    """Ask the estimator for a pass of requests alike."""
    return float(one.cost(mixed(one.model, [context] * requests, parts))[0, 0])


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
        found_s = passes.decode(requests, looked_back_on(one, contexts))
        assert found_s == pytest.approx(one.cost(mixed(one.model, contexts))[0, 0], rel=bound)


def test_parts_of_one_prompt(placed):
    one, passes, (bound, _) = placed
    for tokens, past in ((1, 0), (3, 17), (50, 0), (255, 3000), (256, 0), (100, 333)):
        found_s, decode_s, _ = passes.mixed(0, 0.0, [(tokens, past)], 1)
        assert found_s == pytest.approx(one.cost(chunk(one.model, tokens, past))[0, 0], rel=bound)
        assert decode_s == 0


def test_mixed_passes(placed):
    one, passes, (_, bound) = placed
    rng = np.random.default_rng(2)
    for _ in range(20):
        contexts = rng.integers(1, CONTEXT, int(rng.integers(1, 61)))
        parts = [(int(tokens), int(rng.integers(0, 3900))) for tokens in rng.integers(1, 70, int(rng.integers(1, 4)))]
        context = looked_back_on(one, contexts, len(parts))
        found_s, decode_s, _ = passes.mixed(len(contexts), context, parts, len(contexts) + len(parts))
        assert found_s == pytest.approx(one.cost(mixed(one.model, contexts, parts))[0, 0], rel=bound)
        assert decode_s == passes.decode(len(contexts), context)


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
        found_s, _, _ = passes.mixed(contexts.size, float(contexts.mean()), parts, contexts.size + 2, seen)
        assert found_s == pytest.approx(one.cost(mixed(one.model, contexts, parts))[0, 0], rel=0.01)


@pytest.mark.parametrize(
    ("chip", "model", "mean", "worst"),
    [
        # Times of passes with parts of prompts, root of the mean square of errors and the worst: those of one part are
        # exact but where a line goes over a bend, those of several hang on which of them is long.
        ("xformer", "gpt2", 0.1, 0.3),
        ("hastily", "gpt2", 0.06, 0.25),
        ("neupims", "llama-2-7b", 0.025, 0.06),
        ("attacc", "llama-2-7b", 0.04, 0.12),
        ("cent", "llama-2-7b", 0.01, 0.03),
        ("h100@2x2", "llama-2-7b", 0.01, 0.03),
    ],
)
def test_what_overlaps_in_mixed_passes(chip, model, mean, worst):
    # Schedules that cut tokens into blocks, and batches into parts, are jagged in the number of rows. The plain sums
    # are off by up to half, and of stages by a factor.
    one = direct(load_model(model), load_chip(chip))
    context = min(CONTEXT, one.model.design.position_rows or CONTEXT) - 256
    sums, passes = passes_of(one, Extent(context=context, batch=BATCH, rows=ROWS, chunk=256))
    rng = np.random.default_rng(4)
    errors, plain = [], []
    for _ in range(30):
        requests, length = int(rng.integers(0, 60)), int(rng.integers(1, context))
        # First come, first served: all but the first prompt have just begun.
        parts = [
            (int(tokens), int(rng.integers(0, context)) if number == 0 else 0)
            for number, tokens in enumerate(rng.integers(1, 80, int(rng.integers(1, 4))))
        ]
        wanted_s = part_s(one, requests, length, parts) if requests or len(parts) > 1 else None
        if wanted_s is None:
            continue
        for found, kind in ((errors, passes), (plain, sums)):
            found_s, *_ = kind.mixed(requests, float(length), parts, requests + len(parts))
            found.append(found_s / wanted_s - 1)
    assert np.abs(errors).max() < worst
    assert np.sqrt(np.mean(np.square(errors))) < mean
    assert np.mean(np.square(errors)) <= np.mean(np.square(plain))


def test_energy_of_mixed_passes_is_that_of_the_estimator():
    # Two stages read the weights once for each of the passes of a step: the sums have them once.
    one = direct(load_model("llama-2-7b"), load_chip("h100@1x2"))
    sums, passes = passes_of(one, Extent(context=CONTEXT, batch=BATCH, rows=ROWS, chunk=256))
    for requests, tokens, past in ((1, 200, 0), (7, 249, 3000), (40, 30, 100)):
        wanted = one.cost(mixed(one.model, [700] * requests, [(tokens, past)]))[:, 0]
        found_s, _, factors_j = passes.mixed(requests, 700.0, [(tokens, past)], requests + 1)
        ledger = Ledger()
        line = (requests, 700.0, 1, requests + 1, found_s, 0.0)
        ledger.write(line, (), (0, 0, tokens, past), factors_j)
        numbers, _, taken, pasts = ledger.parts()
        found_j = sum(passes_j(ledger.lines(), (numbers, taken, pasts), sums.samples))[:, 0]
        assert (found_s, *found_j) == pytest.approx(tuple(wanted), rel=0.003)


@pytest.mark.parametrize(("chip", "model"), [("h100-sxm", "llama-2-7b"), ("gtx-1060", "llama-3.2-1b")])
def test_no_overlap_is_looked_for_where_sums_are_right(chip, model):
    one = direct(load_model(model), load_chip(chip))
    extent = Extent(context=CONTEXT, batch=BATCH, rows=ROWS, chunk=256)
    assert overlap(one, Passes(sample(one, extent)), extent) is None
    assert overlap(one, Passes(sample(one, extent)), Extent(context=9, batch=1, rows=5, chunk=5)) is None


def test_overlap_between_what_was_asked_by_hand():
    asked = []

    def ask(requests: int, count: int, tokens: int) -> np.ndarray:
        asked.append((requests, count, tokens))
        # A jump at 60 tokens, and a line in context and past.
        one = 0.5 + 0.001 * tokens + 0.3 * (tokens > 60) + np.add.outer([0.0, 0.1], [0.0, 0.2])
        return np.stack([[2 * one, 2 * (one + 1), 2 * (one + 2), 2 * (one + 3)], np.full((4, 2, 2), 2.0)])

    found = Overlap(ask, np.array([1, 11]), np.array([0, 100]))
    assert found.factors(1, 1.0, [(10, 0)]) == pytest.approx((0.51, 1.51, 2.51, 3.51))
    assert found.factors(1, 6.0, [(10, 50)])[0] == pytest.approx(0.51 + 0.05 + 0.1)
    assert found.factors(1, 99.0, [(10, 999)])[0] == pytest.approx(0.51 + 0.1 + 0.2)
    assert found.factors(1, 1.0, [(50, 0)])[0] == pytest.approx(0.55)
    assert found.asked == 2
    assert found.factors(1, 1.0, [(30, 0)])[0] == pytest.approx(0.53)
    assert found.factors(1, 1.0, [(20, 0)])[0] == pytest.approx(0.52)
    assert found.asked == 3, "between two that lie on a line with one between"
    assert found.factors(1, 1.0, [(100, 0)])[0] == pytest.approx(0.9)
    assert found.factors(1, 1.0, [(80, 0)])[0] == pytest.approx(0.88)
    assert found.factors(1, 1.0, [(55, 0)])[0] == pytest.approx(0.555)
    assert found.factors(1, 1.0, [(65, 0)])[0] == pytest.approx(0.865), "no line goes over the jump"
    # Two parts are one of as many tokens and as many keys: 10 (5 + 20) + 30 (15 + 0) are 40 (20 - 2.5).
    assert found.factors(3, 1.0, [(10, 20), (30, 0)])[0] == pytest.approx(0.54)
    assert asked[-1] == (3, 2, 40)
    assert found.factors(0, 0.0, [(10, 20)]) == (1.0, 1.0, 1.0, 1.0)


def test_many_requests_are_asked_about_in_steps_but_not_across_the_least_batch():
    asked = []

    def ask(requests: int, count: int, tokens: int) -> np.ndarray:
        asked.append(requests)
        return np.ones((2, 4, 1, 1))

    found = Overlap(ask, np.array([1]), np.array([0]), least_batch=254)
    for requests in (1, 2, 47, 48, 49, 50, 246, 250, 252, 253, 259, 260):
        found.factors(requests, 1.0, [(3, 0)])
    assert asked == [1, 2, 47, 48, 50, 240, 250, 253, 259, 260]


def test_bends_of_lines_and_stairs():
    sizes = np.arange(1, 101)
    line = 3.0 + 0.25 * sizes
    assert bends(line[None], tolerance_fraction=1e-9, most=50).tolist() == [0, 99]
    window = np.minimum(sizes, 40) + 100.0
    assert bends(np.stack([line, window]), tolerance_fraction=1e-9, most=50).tolist() == [0, 39, 99]
    stairs = 100.0 + 10 * ((sizes - 1) // 25)
    assert bends(stairs[None], tolerance_fraction=1e-3, most=50).tolist() == [0, 24, 25, 49, 50, 74, 75, 99]
    assert bends(stairs[None], tolerance_fraction=0.5, most=50).tolist() == [0, 99]
    assert bends(stairs[None], tolerance_fraction=1e-3, most=5).size == 5
    assert bends(line[None, :1], tolerance_fraction=1e-3, most=5).tolist() == [0]


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
