"""Accuracy in tables, pages and JSON, from a run whose numbers are made up."""

from __future__ import annotations

import json
import math

import pytest

from bitline.report import table, to_json
from bitline.report.headlines import headlines
from bitline.report.page import page
from bitline.report.plots import seeds as seed_plots
from bitline.verbs.deployment import Digital, OnChip
from bitline.verbs.evaluate import Accuracy, Likelihood
from bitline.verbs.run import Measured, Run

NATS = (1.30, 1.34, 1.41)
DIGITAL = Likelihood(nats_per_token=1.25, top1_fraction=0.66, tokens=1000)


def accuracy(nats: float) -> Accuracy:
    return Accuracy(
        on_chip=Likelihood(nats_per_token=nats, top1_fraction=0.6, tokens=1000), digital=DIGITAL,
        agreement_fraction=0.9, divergence_nats_per_token=0.05,
    )  # fmt: skip


@pytest.fixture
def result(cost) -> Run:
    measured = Measured(
        seeds=(0, 1, 2), accuracies=tuple(map(accuracy, NATS)), text="a tale <b>of old</b>", floor_nats_per_token=1.2,
        on_chip=(
            OnChip(module="layers.0.q", roles=("q",), engine="weights", plan="exact", why="it strays"),
            OnChip(module="layers.0.k", roles=("k",), engine="weights", plan="exact", why="it strays"),
        ),
        digital=(Digital(module="gate", roles=("router",), why="no rule places it"),), stored_bytes=10, uncalibrated=(),
    )  # fmt: skip
    return Run(estimate=cost, measured=measured, warnings=("mind the gap",))


def test_headlines_compare_with_the_digital_model(result):
    first, second, *_ = headlines(result)
    mean = sum(map(math.exp, NATS)) / 3
    assert first.value.startswith(f"{mean:.4g} ± ")
    assert first.note == f"digital {math.exp(1.25):.4g}, +{100 * (mean / math.exp(1.25) - 1):.0f}%"
    assert second.value == "90%"


def test_the_table_has_a_line_for_each_seed_and_each_plan(result):
    lines = [" ".join(line.split()) for line in table(result).splitlines()]
    for seed, nats in enumerate(NATS):
        assert f"chip, seed {seed} {math.exp(nats):.5g} {nats:.4f} 60% 90% 0.05" in lines
    assert "q, k 2 weights exact it strays" in lines
    assert "router 1 digital no rule places it" in lines
    assert "! mind the gap" in lines


def test_the_plot_shows_every_seed_between_digital_and_worst(result):
    plot = seed_plots.perplexity(result.measured)
    assert plot.traces[0]["y"] == pytest.approx([math.exp(nats) for nats in NATS])
    low, high = plot.layout["yaxis"]["range"]
    assert low < math.exp(1.2) < math.exp(max(NATS)) < high
    assert {note["text"].split("<br>")[0] for note in plot.layout["annotations"]} == {
        "digital", "mean on chip", "best possible",
    }  # fmt: skip


def test_page_and_json_hold_it_too(result):
    assert "a tale &lt;b&gt;of old&lt;/b&gt;" in page(result)
    found = json.loads(to_json(result))["accuracy"]
    assert found["perplexity_mean"] == result.measured.perplexity_mean
    assert set(found) >= {
        "seeds", "accuracies", "text", "floor_nats_per_token", "on_chip", "digital", "stored_bytes", "uncalibrated",
        "perplexity_mean", "perplexity_spread", "digital_perplexity", "agreement_fraction", "divergence_nats_per_token",
    }  # fmt: skip
