"""A figure calls a metric by name; what does not fit together says where."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bitline.errors import ConfigError
from bitline.reproduce import metric_names
from bitline.reproduce.evaluation import chips_of, evaluate
from bitline.systems import load_published, system_names
from bitline.systems.published import Published


def figure(metric: str, **conditions: Any) -> Published:
    return Published(
        id="T-1", says="", metric=metric, value=1.0, unit="1", source="a test", tag="stated", status="missed",
        within=0.1, why_within="", conditions=conditions,
    )  # fmt: skip


def test_a_metric_gets_its_conditions() -> None:
    assert evaluate(figure("quotient", printed=6.0, over=3.0), "xformer").typical == 2.0


def test_the_chip_is_the_system_itself_if_not_given() -> None:
    assert evaluate(figure("tiles", engine="projection"), "xformer").typical == 432.0
    assert evaluate(figure("tiles", engine="weights"), "default").typical == 10.0


def test_a_model_may_be_kept_beside_a_system() -> None:
    own = evaluate(figure("weights_of_layer", model="bert-base-classifier"), "xformer")
    assert own == evaluate(figure("weights_of_layer", model="xformer/bert-base-classifier"), "default")
    assert own == evaluate(figure("weights_of_layer", model="bert-base-uncased"), "default")


def test_a_condition_bounds_what_the_model_looks_back_on() -> None:
    long = figure("context_tokens_per_s", chip="h100", model="llama-2-7b", context=2000)
    bounded = dataclasses.replace(long, conditions={**long.conditions, "window": 96, "sinks": 4})
    at_bound = dataclasses.replace(long, conditions={**long.conditions, "context": 100})
    assert evaluate(bounded, "h100") == evaluate(at_bound, "h100") != evaluate(long, "h100")


def test_chips_named_by_a_figure_are_found() -> None:
    assert chips_of(figure("speedup", against="gtx-1060"), "xformer") == ("xformer", "gtx-1060")
    assert chips_of(figure("quotient", printed=1.0, over=2.0), "xformer") == ()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (figure("latency"), r"xformer: T-1: metric = 'latency' is not one of .*Nearest: 'latency_s'"),
        (figure("quotient", printed=1.0), r"conditions\.over is missing"),
        (figure("quotient", printed=1.0, over=1.0, ovr=2), r"conditions\.ovr is not a known key.*Nearest: 'over'"),
        (figure("step_s", model="llama-2-7b", context=100, sinks=4), r"window is missing\. Expected: how many"),
        (figure("tiles", engine="special"), r"engine = 'special' is not the name of a crossbar engine"),
        (figure("tiles", chip="xformr", engine="projection"), r"Nearest: 'xformer'"),
    ],
)
def test_a_wrong_figure_says_what_to_change(wrong: Published, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        evaluate(wrong, "xformer")


@pytest.mark.parametrize("system", system_names())
def test_every_figure_that_is_tried_names_a_metric(system: str) -> None:
    for published in load_published(system):
        if published.status != "untried":
            assert published.metric in metric_names(), published.id


def test_figures_are_values() -> None:
    assert dataclasses.replace(figure("tiles"), value=2.0) != figure("tiles")
