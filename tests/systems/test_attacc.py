"""What AttAcc's levels and variants differ in, and what they must not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline import Request, estimate, load_chip, load_model
from bitline.systems.load import FOLDER
from bitline.verbs.outcome import Estimate

REQUEST = Request(prompt=256, generate=3)
LARGE = load_model(FOLDER / "attacc" / "gpt3-175b-longer.json")


def on(name: str) -> Estimate:
    return estimate(LARGE, load_chip(name), REQUEST)


def test_prompts_are_taken_in_by_gpus_and_tokens_decoded_in_stacks() -> None:
    engines = {(o.phase, o.role): o.engine for o in on("attacc").operators if "@" not in o.name}
    assert engines["prefill", "scores"] == engines["prefill", "softmax"] == "gpu"
    assert (engines["decode", "scores"], engines["decode", "softmax"]) == ("banks", "buffer_die")


def test_keys_and_values_have_their_room_in_the_stacks() -> None:
    held, alone = on("attacc/attention-only").held_bytes, on("attacc/gpu").held_bytes
    cache_bytes = 2 * 96 * 12288 * 258 * 2
    assert held["pim"] == pytest.approx(cache_bytes)
    assert held["hbm"] + held["pim"] == pytest.approx(alone["hbm"])


def test_the_nearer_the_cells_the_faster_and_the_less_energy() -> None:
    found = [on(name) for name in ("attacc", "attacc/bankgroup", "attacc/buffer", "attacc/gpu")]
    times = [one.mean_time_per_token_s for one in found]
    assert times == sorted(times)
    joules = [next(p.energy_j for p in one.phases if p.name == "decode") for one in found]
    assert joules == sorted(joules)


def test_attention_hides_behind_the_gpu_but_for_one_head() -> None:
    alone = load_chip("attacc/attention-only")
    flowing = replace(alone, schedule=load_chip("attacc").schedule)
    one_by_one, found = (estimate(LARGE, chip, REQUEST) for chip in (alone, flowing))
    spent = {o.role: o.time_s for o in found.operators if o.phase == "decode"}
    hidden_s = sum(spent[role] for role in ("scores", "softmax", "context", "kv_write"))
    # Each device has twelve heads.
    saved_s = one_by_one.time_per_token_s.sum() - found.time_per_token_s.sum()
    assert saved_s == pytest.approx(hidden_s * 11 / 12, rel=0.02)


def test_only_few_requests_share_the_feed_forward_with_the_stacks() -> None:
    shares = []
    for batch in (1, 8, 100):
        request = Request(batch=batch, prompt=8, generate=2)
        operators = estimate("gpt2", "attacc", request).operators
        ups = {o.engine: o.macs for o in operators if o.phase == "decode" and o.role == "up"}
        shares.append(ups.get("banks", 0.0) / sum(ups.values()))
    assert shares == pytest.approx([0.9, 0.53, 0.0], abs=0.01)


def test_feed_forward_weights_that_tokens_meet_in_the_stacks_have_room_there_beside_those_of_the_gpus() -> None:
    weights_bytes = 96 * 2 * 12288 * 49152 * 2
    for batch, share in ((1, 0.9), (8, 0.53), (100, 0.0)):
        request = Request(batch=batch, prompt=256, generate=3)
        found, alone = (estimate(LARGE, load_chip(name), request).held_bytes for name in ("attacc", "attacc/gpu"))
        cache_bytes = batch * 2 * 96 * 12288 * 258 * 2
        assert found["pim"] - cache_bytes == pytest.approx(share * weights_bytes, rel=1e-3, abs=1e3)
        assert found["hbm"] == pytest.approx(alone["hbm"] - cache_bytes), "a prompt needs them all"
