"""Serving at its limits: a request alone, and a server that is never out of work, as the estimator has them."""

from __future__ import annotations

import numpy as np
import pytest

from bitline.errors import CapacityError, ConfigError
from bitline.serving import Arrivals, Discipline, Lengths, poisson, read_trace
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.verbs.serve import Targets, serve

WHOLE = Discipline(chunked=False, pass_tokens=2048)


def alike(requests: int, prompt: int, generate: int) -> Arrivals:
    return Arrivals(
        arrival_s=np.zeros(requests), prompt=np.full(requests, prompt), generate=np.full(requests, generate)
    )


@pytest.mark.parametrize(
    ("model", "chip"), [("llama-2-7b", "h100-sxm"), ("llama-3.2-1b", "gtx-1060"), ("embedded", "default")]
)
def test_one_request_alone_is_the_estimate(model, chip):
    served = serve(model, chip, alike(1, 30, 40), WHOLE).served
    cost = estimate(model, chip, Request(prompt=30, generate=40))
    assert served.time_to_first_token_s[0] == pytest.approx(cost.time_to_first_token_s, rel=2e-3)
    assert served.time_per_token_s[0] == pytest.approx(cost.mean_time_per_token_s, rel=2e-3)
    assert served.energy_j[0] == pytest.approx(cost.energy_j, rel=2e-3)
    assert served.passes == 40


def test_all_at_once_is_a_batch():
    served = serve("llama-2-7b", "h100-sxm", alike(64, 16, 300), WHOLE).served
    cost = estimate("llama-2-7b", "h100-sxm", Request(batch=64, prompt=16, generate=300))
    assert served.time_per_token_s == pytest.approx(cost.mean_time_per_token_s, rel=2e-3)
    assert served.mean_running == pytest.approx(64, rel=0.05)


def test_more_load_never_makes_more_than_the_chip_can():
    lengths = {"prompt": Lengths(mean_tokens=16), "generate": Lengths(mean_tokens=200)}
    made = []
    for rate_hz in (0.5, 5.0, 50.0, float("inf")):
        load = poisson(rate_hz, 300, **lengths)
        made.append(serve("llama-2-7b", "h100-sxm", load, Discipline(requests=32)).served.tokens_per_s)
    assert made == sorted(made)
    # 32 at once at their mean context: what a chip makes that never waits.
    cost = estimate("llama-2-7b", "h100-sxm", Request(batch=32, prompt=16, generate=200))
    assert made[-1] < cost.decode_tokens_per_s
    assert made[-1] > 0.85 * cost.decode_tokens_per_s
    # At a trickle, as many as are asked for.
    assert made[0] == pytest.approx(0.5 * 200, rel=0.1)


def test_littles_law():
    load = poisson(3.0, 3000, prompt=Lengths(mean_tokens=200, spread_fraction=1), generate=Lengths(mean_tokens=100))
    served = serve("llama-2-7b", "h100-sxm", load).served
    inside_s = float((served.finish_s - served.first_token_s).mean())
    assert served.mean_running == pytest.approx(served.requests_per_s * inside_s, rel=1e-6)


def test_tails_and_goodput_get_worse_with_load():
    lengths = {"prompt": Lengths(mean_tokens=800, spread_fraction=1), "generate": Lengths(mean_tokens=100)}
    found = [serve("llama-2-7b", "h100-sxm", poisson(rate_hz, 800, **lengths)) for rate_hz in (1.0, 8.0, 64.0)]
    tails = [one.served.quantiles(one.served.time_to_first_token_s, (0.99,))[0] for one in found]
    assert tails == sorted(tails)
    assert found[0].good_fraction > 0.99 > found[-1].good_fraction
    assert found[0].energy_per_request_j > found[1].energy_per_request_j, "idle power is shared by fewer"


def test_the_same_seed_gives_the_same_times():
    load = [poisson(9.0, 200, prompt=Lengths(mean_tokens=90), generate=Lengths(mean_tokens=30), seed=5) for _ in "ab"]
    one, other = (serve("llama-3.2-1b", "gtx-1060", each).served for each in load)
    assert (one.finish_s == other.finish_s).all()
    assert (one.energy_j == other.energy_j).all()


def test_energy_has_two_ends():
    load = alike(20, 60, 30)
    for chip, apart in (("cambricon-llm-s", True), ("h100-sxm", False)):
        found = serve("llama-2-7b", chip, load)
        served = found.served
        assert (served.energy_low_j <= served.energy_j).all()
        assert (served.energy_j <= served.energy_high_j).all()
        assert (found.energy_per_request_low_j < found.energy_per_request_j < found.energy_per_request_high_j) == apart
    cost = estimate("llama-2-7b", "cambricon-llm-s", Request(prompt=60, generate=30))
    alone = serve("llama-2-7b", "cambricon-llm-s", alike(1, 60, 30), WHOLE)
    assert alone.energy_per_request_low_j == pytest.approx(cost.energy_low_j, rel=5e-3)
    assert alone.energy_per_request_high_j == pytest.approx(cost.energy_high_j, rel=5e-3)


def test_a_published_trace(shared):
    load = read_trace(shared / "data/azure_llm_traces/AzureLLMInferenceTrace_conv.csv").first(3000)
    found = serve("llama-2-7b", "h100-sxm", load)
    served = found.served
    # The chip makes what the trace asks for: it ends when the trace does, and never falls back.
    asked = load.generate.sum() / (load.arrival_s[-1] - load.arrival_s[0])
    assert served.tokens_per_s == pytest.approx(asked, rel=0.02)
    assert served.refused == served.put_off == 0
    assert 0.5 < found.good_fraction <= 1
    assert served.idle_s > 0
    # Twenty times as dense is more than it can make.
    dense = Arrivals(arrival_s=load.arrival_s / 20, prompt=load.prompt, generate=load.generate)
    crowded = serve("llama-2-7b", "h100-sxm", dense)
    assert crowded.served.tokens_per_s < 0.9 * 20 * asked
    assert crowded.good_fraction < found.good_fraction
    assert crowded.served.queueing_s.mean() > 10 * served.queueing_s.mean()
    assert crowded.energy_per_request_j < found.energy_per_request_j


def test_units_that_keep_keys_set_how_many_go_at_once():
    found = serve("embedded", "default", alike(20, 30, 30))
    assert found.discipline.requests < 256
    assert any("at once" in one for one in found.warnings)
    assert found.served.refused == 0


def test_warnings():
    found = serve("gpt2", "h100-sxm", alike(3, 1000, 100))
    assert found.served.refused == 3
    assert any("refused" in one for one in found.warnings)
    found = serve("llama-3-8b", "h100-sxm", alike(1, 9000, 2))
    assert any("1 request is longer than the 8,192 tokens" in one for one in found.warnings)


def test_what_cannot_be_served():
    with pytest.raises(ConfigError, match="only a decoder"):
        serve("bert-tiny", "h100-sxm", alike(1, 5, 5))
    with pytest.raises(CapacityError, match="gddr5"):
        serve("llama-2-70b", "gtx-1060", alike(1, 5, 5))
    with pytest.raises(ConfigError, match="first_token_s"):
        Targets(first_token_s=0.0)
    with pytest.raises(ConfigError, match="pass_tokens"):
        Discipline(requests=64, pass_tokens=64)
    with pytest.raises(ConfigError, match="requests = 0"):
        Discipline(requests=0)
