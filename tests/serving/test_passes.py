"""Prices of passes against the estimator itself, for requests of all lengths."""

from __future__ import annotations

import numpy as np
import pytest

from bitline.serving import Direct, Extent, Passes, direct, room, sample
from bitline.systems import load_chip
from bitline.workload import chunk, decode, load_model, mixed

CONTEXT, BATCH, ROWS = 4000, 64, 320
CASES = {
    # Largest error of passes of one kind, and of mixed ones. Mixed on gtx-1060 and of deepseek: each kernel waits for
    # the slower of arithmetic and memory, and of that one pass has less than the sum of two.
    ("h100-sxm", "llama-2-7b"): (0.0005, 0.005),
    ("gtx-1060", "llama-3.2-1b"): (0.0005, 0.04),
    ("h100-sxm", "mixtral-8x7b"): (0.001, 0.002),
    ("h100-sxm", "deepseek-v2-lite"): (0.002, 0.03),
}


@pytest.fixture(scope="module", params=CASES, ids=" ".join)
def placed(request) -> tuple[Direct, Passes, tuple[float, float]]:
    chip, model = request.param
    one = direct(load_model(model), load_chip(chip))
    return one, Passes(sample(one, Extent(context=CONTEXT, batch=BATCH, rows=ROWS, chunk=256))), CASES[request.param]


def test_requests_that_make_tokens(placed):
    one, passes, (bound, _) = placed
    rng = np.random.default_rng(1)
    for requests in (1, 2, 7, 23, 41, 64):
        contexts = rng.integers(1, CONTEXT, requests)
        found = np.array(passes.decode(requests, float(contexts.mean())))
        assert found == pytest.approx(one.cost(mixed(one.model, contexts))[:, 0], rel=bound)


def test_parts_of_one_prompt(placed):
    one, passes, (bound, _) = placed
    for tokens, past in ((1, 0), (3, 17), (50, 0), (255, 3000), (256, 0), (100, 333)):
        found = np.array(passes.mixed(0, 0.0, [(tokens, past)], 1)[0])
        assert found == pytest.approx(one.cost(chunk(one.model, tokens, past))[:, 0], rel=bound)


def test_mixed_passes(placed):
    one, passes, (_, bound) = placed
    rng = np.random.default_rng(2)
    for _ in range(20):
        contexts = rng.integers(1, CONTEXT, int(rng.integers(1, 61)))
        parts = [(int(tokens), int(rng.integers(0, 3900))) for tokens in rng.integers(1, 70, int(rng.integers(1, 4)))]
        both, decoded = passes.mixed(len(contexts), float(contexts.mean()), parts, len(contexts) + len(parts))
        assert np.array(both) == pytest.approx(one.cost(mixed(one.model, contexts, parts))[:, 0], rel=bound)
        assert decoded == passes.decode(len(contexts), float(contexts.mean()))


def test_many_steps_are_the_steps_one_by_one(placed):
    _, passes, _ = placed
    for start in (5.0, 5.4, 3000.75):
        steps = [passes.decode(3, start + step) for step in range(40)]
        assert passes.decode(3, start, 40) == pytest.approx(np.sum(steps, axis=0), rel=1e-9)
    whole_s = passes.decode(3, 5.4, 40)[0]
    assert passes.steps_until(whole_s * 0.999, 3, 5.4, 100) == 40
    assert passes.steps_until(whole_s * 1.001, 3, 5.4, 100) == 41
    assert passes.steps_until(0.0, 3, 5.4, 100) == 1
    assert passes.steps_until(1e9, 3, 5.4, 100) == 100


def test_a_window_is_taken_at_the_mean_context():
    # Gemma 2 sees 4,096 tokens in half of its layers. Where requests lie on both sides of that, their mean context
    # makes them read more than they do: never too fast, and at worst, with half of them on each side, off by a quarter.
    one = direct(load_model("gemma-2-9b"), load_chip("h100-sxm"))
    passes = Passes(sample(one, Extent(context=8000, batch=BATCH, rows=ROWS, chunk=256)))
    contexts = np.array([100, 7900] * 30)
    ratio = np.array(passes.decode(60, 4000.0)) / one.cost(mixed(one.model, contexts))[:, 0]
    assert (ratio > 1).all()
    assert (ratio < 1.25).all()


def test_overlap_is_left_out_of_mixed_passes():
    # Xformer's schedule works on attention and other layers' weights at once: the sum is too slow, never too fast.
    chip, model = load_chip("xformer"), load_model("gpt2")
    one = direct(model, chip)
    passes = Passes(sample(one, Extent(context=1000, batch=BATCH, rows=ROWS, chunk=256)))
    found = np.array(passes.mixed(32, 300.0, [(64, 500)], 33)[0])
    ratio = found / one.cost(mixed(model, [300] * 32, [(64, 500)]))[:, 0]
    assert (ratio >= 1.0).all()
    assert (ratio < 1.25).all()
    found = np.array(passes.decode(32, 300.0))
    assert found == pytest.approx(one.cost(decode(model, 32, 300))[:, 0], rel=0.01)


def test_room_is_what_the_weights_leave():
    one = direct(load_model("llama-2-7b"), load_chip("h100-sxm"))
    memory = one.chip.memories["hbm3"] if "hbm3" in one.chip.memories else next(iter(one.chip.memories.values()))
    # 6,738,415,616 parameters and 32 layers x 2 x 4,096 values a token, two bytes each; norms are not held as weights.
    norms = 65 * 4096
    free_bytes = memory.capacity_bytes * memory.count - 2 * (6_738_415_616 - norms)
    assert room(one, 700.0).tokens == int(free_bytes / (2 * 32 * 2 * 4096))
