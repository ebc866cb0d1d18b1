"""The time of a token at longer and longer contexts is the estimate's, as far as the memory goes."""

from __future__ import annotations

import pytest

from bitline.errors import CapacityError
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.growth import growth
from bitline.verbs.request import Request
from bitline.workload import load_model


@pytest.mark.parametrize(
    ("model", "chip", "batch"), [("llama-3.1-8b", "t4", 1), ("llama-2-7b", "h100", 4), ("gpt2", "pim-gpt", 1)]
)
def test_it_is_the_estimate_at_each_context(model, chip, batch):
    known, board = load_model(model), load_chip(chip)
    found = growth(known, board, batch)
    for context, time_s in list(zip(found.contexts, found.time_per_token_s, strict=True))[::3]:
        cost = estimate(known, board, Request(batch=batch, prompt=int(context) - 1, generate=2))
        assert time_s == pytest.approx(cost.time_per_token_s[0])


def test_it_ends_where_the_memory_does():
    known, flash = load_model("llama-3.1-8b"), load_chip("cambricon-llm-s")
    found = growth(known, flash, 1)
    last = int(found.contexts[-1])
    assert found.full
    assert last < known.context_limit
    estimate(known, flash, Request(prompt=last - 1, generate=2))
    with pytest.raises(CapacityError):
        estimate(known, flash, Request(prompt=2 * last - 1, generate=2))
    assert not growth(known, load_chip("h200"), 1).full
    assert growth(known, load_chip("h200"), 1).contexts[-1] == known.context_limit


@pytest.mark.parametrize(
    ("model", "chip"), [("bert-base-uncased", "h100"), ("flan-t5-xl", "h100"), ("gpt2", "xformer")]
)
def test_nothing_to_look_back_on_or_no_room_is_empty(model, chip):
    assert growth(load_model(model), load_chip(chip), 1).contexts.size == 0
