"""Tables of operators against the estimate of the same step."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from bitline.errors import CapacityError, ConfigError, DataError
from bitline.report.layer_table import COLUMNS, save_layer_costs, to_csv
from bitline.verbs.estimate import estimate
from bitline.verbs.layer_costs import layer_costs
from bitline.verbs.request import Request


def whole(costs):
    return next(one for one in costs if one.kind == "step")


@pytest.mark.parametrize(
    ("model", "chip"), [("llama-2-7b", "h100-sxm"), ("embedded", "default"), ("tinyllama-1.1b", "gtx-1060")]
)
def test_rows_add_up_to_the_estimate(model, chip):
    cost = estimate(model, chip, Request(batch=2, prompt=20, generate=6))
    step = layer_costs(model, chip, context=cost.contexts.tolist(), batch=2)
    assert whole(step).time_s == pytest.approx(cost.time_per_token_s)
    prefill = layer_costs(model, chip, tokens=20, context=20, batch=2)
    assert whole(prefill).time_s[0] == pytest.approx(cost.time_to_first_token_s)
    total_j = float(whole(step).energy_j.sum() + whole(prefill).energy_j[0])
    assert total_j == pytest.approx(cost.energy_j)
    for rows in (step, prefill):
        parts_j = sum(one.layers * one.energy_j for one in rows if one.kind != "step")
        assert parts_j == pytest.approx(whole(rows).energy_j)
        seconds = sum(one.layers * one.time_s for one in rows if one.kind == "operator")
        assert (seconds >= whole(rows).time_s * (1 - 1e-9)).all(), "what overlaps is counted twice, never left out"


@pytest.mark.parametrize("chip", ["h100", "xformer", "h100@2x2"])
def test_an_encoder_takes_its_tokens_at_once(chip):
    cost = estimate("bert-base-uncased", chip, Request(batch=3, prompt=100))
    rows = layer_costs("bert-base-uncased", chip, tokens=100, context=100, batch=3)
    assert whole(rows).time_s[0] == pytest.approx(cost.total_s)
    assert whole(rows).energy_j[0] == pytest.approx(cost.energy_j)
    with pytest.raises(ConfigError, match=r"bert-base-uncased: context = 128 tokens is outside 100\.\.100"):
        layer_costs("bert-base-uncased", chip, tokens=100, context=[100, 128])


def test_weights_without_room_are_refused():
    with pytest.raises(CapacityError, match=r"weights need 26\.95 GB"):
        layer_costs("llama-2-7b", "gtx-1060", context=128)


def test_operators_of_the_estimate_are_there():
    cost = estimate("llama-2-7b", "h100-sxm", Request(prompt=20, generate=6))
    rows = layer_costs("llama-2-7b", "h100-sxm", context=cost.contexts.tolist())
    for operator in cost.operators:
        if operator.phase == "decode":
            row = next(one for one in rows if (one.block, one.operator) == (operator.block, operator.name))
            assert row.layers * row.time_s.sum() == pytest.approx(operator.time_s, abs=1e-18)
            assert row.layers * row.energy_j.sum() == pytest.approx(operator.energy_j, abs=1e-18)


def test_csv():
    rows = layer_costs("llama-2-7b", "h100-sxm", tokens=16, context=[16, 64, 300], batch=4)
    read = list(csv.DictReader(io.StringIO(to_csv(rows))))
    assert tuple(read[0]) == COLUMNS
    assert len(read) == 3 * len(rows)
    scores = [one for one in read if one["operator"] == "scores"]
    assert [int(one["context"]) for one in scores] == [16, 64, 300]
    assert {(one["tokens"], one["batch"], one["layers"]) for one in scores} == {("16", "4", "32")}
    seconds = [float(one["seconds"]) for one in scores]
    assert seconds == next(one for one in rows if one.operator == "scores").time_s.tolist()
    assert (np.diff(seconds) > 0).all()


def test_a_file_of_many_steps(tmp_path):
    rows = [row for batch in (1, 4) for row in layer_costs("llama-2-7b", "h100-sxm", context=[16, 64], batch=batch)]
    save_layer_costs(rows, tmp_path / "costs.csv")
    assert (tmp_path / "costs.csv").read_text() == to_csv(rows)
    with pytest.raises(DataError, match="it is a folder"):
        save_layer_costs(rows, tmp_path)


def test_bad_sizes():
    with pytest.raises(ConfigError, match="context = 5"):
        layer_costs("llama-2-7b", "h100-sxm", tokens=16, context=5)
    with pytest.raises(ConfigError, match="whole number"):
        layer_costs("llama-2-7b", "h100-sxm", context=[1.5])
    with pytest.raises(ConfigError, match="only a decoder"):
        layer_costs("t5-small", "h100-sxm", context=5)
