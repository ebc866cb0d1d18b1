"""A comparison is its estimates, side by side."""

from __future__ import annotations

import pytest

from bitline.errors import BitlineError
from bitline.systems import load_chip
from bitline.verbs.compare import compare
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import load_model

REQUEST = Request(batch=2, prompt=64, generate=16)


def test_each_entry_is_the_estimate_of_its_chip():
    found = compare("llama-3.2-1b", ["h100", load_chip("a100")], REQUEST)
    assert [one.chip for one in found.entries] == ["h100", "a100"]
    for one in found.entries:
        alone = estimate(load_model("llama-3.2-1b"), load_chip(one.chip), REQUEST)
        assert one.estimate is not None
        assert one.estimate.total_s == alone.total_s
        assert one.estimate.energy_j == alone.energy_j
        assert one.utilisation_fraction == pytest.approx(alone.ops_per_s / alone.peak_ops_per_s)
        assert 0 < one.utilisation_fraction < 1


def test_a_chip_that_cannot_hold_the_model_says_by_how_much():
    found = compare("llama-2-7b", ["gtx-1060", "h100"], REQUEST)
    small, large = found.entries
    assert small.estimate is None
    assert "too few" in small.why_not
    assert large.estimate is not None
    assert large.why_not == ""


def test_an_encoder_is_asked_for_no_tokens():
    assert compare("bert-base-uncased", ["xformer"]).request.generate == 0


@pytest.mark.parametrize(
    ("model", "chips", "told"),
    [("llama-2-7b", [], "on"), ("llama-2-7b", ["h1000"], "h100"), ("lama-2-7b", ["h100"], "llama-2-7b")],
)
def test_wrong_names_are_told(model, chips, told):
    with pytest.raises(BitlineError, match=told):
        compare(model, chips, REQUEST)


def test_a_request_that_the_model_cannot_serve_is_an_error():
    with pytest.raises(BitlineError, match="encoder"):
        compare("bert-base-uncased", ["h100"], Request(prompt=8, generate=8))
