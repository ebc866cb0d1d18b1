"""The server against another one that knows no shortcuts: one pass at a time, each priced by the estimator as it is.

It keeps no sums and no samples: a list of requests, and for every pass the exact workload of those in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from bitline.serving import Arrivals, Direct, Discipline, direct
from bitline.systems import load_chip
from bitline.verbs.described import described
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.verbs.serve import serve
from bitline.workload import chunk, decode, mixed


@dataclass
class Guest:
    """A request in the server."""

    number: int
    left: int
    past: int
    want: int
    made: int = 0
    spent_j: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))


def by_hand(one: Direct, load: Arrivals, discipline: Discipline) -> dict[str, NDArray[np.float64]]:
    """Serve requests, room for all of them given; prompts in chunks."""
    clock_s, coming = float(load.arrival_s[0]), list(range(load.requests))
    inside: list[Guest] = []
    found = {name: np.zeros(load.requests) for name in ("let_in_s", "first_token_s", "finish_s")}
    spent_j = np.zeros((3, load.requests))
    while coming or inside:
        while coming and load.arrival_s[coming[0]] <= clock_s and len(inside) < discipline.requests:
            number = coming.pop(0)
            found["let_in_s"][number] = clock_s
            inside.append(Guest(number, int(load.prompt[number]), 0, int(load.generate[number])))
        if not inside:
            clock_s = float(load.arrival_s[coming[0]])
            continue
        making = [guest for guest in inside if not guest.left]
        taking, rows = [], discipline.pass_tokens - len(making)
        for guest in inside:
            if guest.left and rows:
                taking.append((guest, min(guest.left, rows)))
                rows -= taking[-1][1]
        _, decode_j = price(one, [guest.past + 1 for guest in making], [])
        time_s, pass_j = price(one, [guest.past + 1 for guest in making], [(n, guest.past) for guest, n in taking])
        clock_s += time_s
        for guest in making:
            guest.past += 1
            guest.made += 1
            guest.spent_j += decode_j / len(making)
        for guest, tokens in taking:
            guest.past += tokens
            guest.left -= tokens
            guest.spent_j += (pass_j - decode_j) * tokens / sum(n for _, n in taking)
            guest.made += not guest.left
            if not guest.left:
                found["first_token_s"][guest.number] = clock_s
        for guest in [guest for guest in inside if guest.made == guest.want]:
            found["finish_s"][guest.number] = clock_s
            spent_j[:, guest.number] = guest.spent_j
            inside.remove(guest)
    return found | dict(zip(("energy_low_j", "energy_j", "energy_high_j"), spent_j, strict=True))


def price(one: Direct, contexts: list[int], parts: list[tuple[int, int]]) -> tuple[float, NDArray[np.float64]]:
    """Ask the estimator for one pass; a lone part of a prompt scores its last token though it may not end there."""
    if not contexts and not parts:
        return 0.0, np.zeros(3)
    if not contexts and len(parts) == 1:
        cost = one.cost(chunk(one.model, *parts[0]))
    elif len(set(contexts)) == 1 and not parts:
        cost = one.cost(decode(one.model, len(contexts), contexts[0]))
    else:
        cost = one.cost(mixed(one.model, contexts, parts))
    return float(cost[0, 0]), cost[1:, 0] + np.array(one.leakage_w) * cost[0, 0]


def drawn(requests: int, prompt: int, generate: int, seed: int, rate_hz: float = float("inf")) -> Arrivals:
    rng = np.random.default_rng(seed)
    return Arrivals(
        arrival_s=np.cumsum(rng.exponential(1.0, requests)) / rate_hz,
        prompt=rng.integers(1, 2 * prompt, requests),
        generate=rng.integers(1, 2 * generate, requests),
    )


CASES = {
    # Errors of times from arrival to the last token, and of the energy of a request, at worst: of straight lines
    # between samples, and of what engines round up for each request, which is rounded at the mean of all.
    ("h100-sxm", "llama-2-7b"): (0.001, 0.001),
    ("gtx-1060", "llama-3.2-1b"): (0.001, 0.001),
    ("h100-sxm", "gpt-oss-20b"): (0.001, 0.001),
    ("h100-sxm", "deepseek-v2-lite"): (0.003, 0.003),
    ("cambricon-llm-s", "llama-2-7b"): (0.005, 0.005),
    ("pim-gpt", "gpt2"): (0.01, 0.01),
    ("cent", "llama-2-7b"): (0.01, 0.005),
    ("neupims", "llama-2-7b"): (0.02, 0.01),
    ("neupims/npu-pim", "llama-2-7b"): (0.02, 0.01),
    ("attacc", "llama-2-7b"): (0.05, 0.05),
}


@pytest.mark.parametrize(("chip", "model"), CASES)
def test_every_request_ends_when_it_does_without_shortcuts(chip, model):
    one = direct(described(model), load_chip(chip))
    alone_s = estimate(model, chip, Request(prompt=60, generate=20)).total_s
    load, discipline = drawn(14, 100, 18, 3, rate_hz=4 / alone_s), Discipline(requests=6, pass_tokens=96)
    exact, found = by_hand(one, load, discipline), serve(model, chip, load, discipline).served
    time_bound, energy_bound = CASES[chip, model]
    for name in ("let_in_s", "first_token_s", "finish_s"):
        off = np.abs(getattr(found, name) - exact[name]) / (exact["finish_s"] - load.arrival_s)
        assert off.max() < time_bound, name
    for name in ("energy_low_j", "energy_j", "energy_high_j"):
        assert getattr(found, name) == pytest.approx(exact[name], rel=energy_bound), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chip", "bound"),
    [("h100-sxm", 0.001), ("h100@4x2", 0.005), ("cent", 0.01), ("neupims", 0.05), ("neupims/npu-pim", 0.08)],
)
def test_a_crowd_is_served_as_without_shortcuts(chip, bound):
    one, discipline = direct(described("llama-2-7b"), load_chip(chip)), Discipline(requests=64, pass_tokens=256)
    alone_s = estimate("llama-2-7b", chip, Request(prompt=400, generate=60)).total_s
    load = drawn(150, 400, 60, 5, rate_hz=40 / alone_s)
    exact, found = by_hand(one, load, discipline), serve("llama-2-7b", chip, load, discipline).served
    assert found.mean_running > 20
    assert (np.abs(found.finish_s - exact["finish_s"]) / (exact["finish_s"] - load.arrival_s)).max() < bound
    assert found.energy_j == pytest.approx(exact["energy_j"], rel=bound)


@pytest.mark.parametrize(("chip", "model"), [("h100-sxm", "llama-2-7b"), ("pim-gpt", "gpt2"), ("cent", "llama-2-7b")])
def test_one_request_is_the_estimate_to_the_last_digit(chip, model):
    one, cost = direct(described(model), load_chip(chip)), estimate(model, chip, Request(prompt=57, generate=12))
    load = Arrivals(arrival_s=np.zeros(1), prompt=np.array([57]), generate=np.array([12]))
    exact = by_hand(one, load, Discipline(requests=1, pass_tokens=64))
    assert exact["first_token_s"][0] == pytest.approx(cost.time_to_first_token_s, rel=1e-12)
    assert exact["finish_s"][0] == pytest.approx(cost.total_s, rel=1e-12)
    for name in ("energy_low_j", "energy_j", "energy_high_j"):
        assert exact[name][0] == pytest.approx(getattr(cost, name), rel=1e-12), name
