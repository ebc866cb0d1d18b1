"""Time and energy by class of operators: every second and every joule to one class."""

from __future__ import annotations

import pytest

from bitline.operators import Gather, MatMul, Route, Vector
from bitline.verbs.classes import CLASSES, STANDING, class_of, energy_by_class, time_by_class
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import load_model, prefill, preset_names


@pytest.mark.parametrize(
    ("model", "chip"),
    [
        ("gpt2", "h100"), ("gpt2", "cambricon-llm-s"), ("gpt2", "pim-gpt"), ("bert-base-uncased", "xformer"),
        ("bert-base-uncased", "hastily"), ("embedded", "default"),
    ],
)  # fmt: skip
def test_all_of_a_phase_is_shared_out(model, chip):
    cost = estimate(model, chip, Request(prompt=64, generate=0 if "bert" in model else 8))
    for phase in cost.phases:
        spent = time_by_class(phase)
        assert sum(spent.values()) == pytest.approx(phase.time_s)
        assert set(spent) <= set(CLASSES)
        assert min(spent.values()) > 0


def test_where_operators_take_turns_it_is_their_own_time():
    cost = estimate("llama-3.2-1b", "h100", Request(prompt=256, generate=0))
    (phase,) = cost.phases
    own_s = sum(one.time_s for one in cost.operators if one.role in ("gate", "up", "down"))
    assert cost.policy == "sequential"
    assert time_by_class(phase)["feed-forward"] == pytest.approx(own_s)


def test_more_context_is_more_attention():
    short, long = (
        estimate("llama-3.2-1b", "h100", Request(prompt=prompt, generate=4)).phases[1] for prompt in (16, 8192)
    )
    assert time_by_class(long)["attention"] > 1.5 * time_by_class(short)["attention"]
    assert time_by_class(long)["feed-forward"] == pytest.approx(time_by_class(short)["feed-forward"])


@pytest.mark.parametrize(("model", "chip"), [("gpt2", "cambricon-llm-s"), ("embedded", "default"), ("gpt2", "h100")])
def test_energy_is_shared_out_with_what_leaks_apart(model, chip):
    cost = estimate(model, chip, Request(prompt=64, generate=8))
    spent = energy_by_class(cost)
    assert sum(spent.values()) == pytest.approx(cost.energy_j)
    assert spent[STANDING] == cost.leakage_j
    own_j = sum(one.energy_j for one in cost.operators if one.role == "lm_head")
    assert spent.get("vocabulary", 0.0) == pytest.approx(own_j)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (MatMul(name="a", role="q", vectors=1, k=1, n=1), "projections"),
        (MatMul(name="a", role="expert_up", vectors=1, k=1, n=1), "feed-forward"),
        (MatMul(name="a", role="lm_head", vectors=1, k=1, n=1), "vocabulary"),
        (MatMul(name="a", role="scores", vectors=1, k=1, n=1, stationary="cache"), "attention"),
        (MatMul(name="a", role="state_update", vectors=1, k=1, n=1, stationary=None), "attention"),
        (Vector(name="a", role="softmax", function="softmax", elements=1), "functions"),
        (Route(name="a", role="route", rows=1, experts=2, chosen=1), "functions"),
        (Gather(name="a", role="kv_write", elements=1), "lookups"),
    ],
)
def test_classes(operator, expected):
    assert class_of(operator) == expected


def test_no_model_exchanges_anything_on_one_device():
    models = [load_model(name) for name in preset_names()[::7]]
    found = {class_of(one) for model in models for block in prefill(model, 1, 32).blocks for one in block.operators}
    assert found == set(CLASSES) - {"exchange"}
