"""A small estimate, with names that would break a page or a table that does not escape them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.outcome import Estimate
from bitline.verbs.request import Request
from bitline.workload import model_from_config

TINY = {
    "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
    "num_attention_heads": 2, "vocab_size": 96, "max_position_embeddings": 64,
}  # fmt: skip
HOSTILE = "</script><script>alert(1)</script>[bold]&amp;"


@pytest.fixture(scope="session")
def cost() -> Estimate:
    """A model of two layers on the default chip."""
    return estimate(model_from_config(TINY, "tiny"), load_chip("default"), Request(batch=2, prompt=16, generate=8))


@pytest.fixture(scope="session")
def hostile(cost: Estimate) -> Estimate:
    """The same under names that are markup."""
    operators = tuple(one._replace(name=HOSTILE, block=HOSTILE) for one in cost.operators)
    description = replace(
        cost.description, provenance=replace(cost.description.provenance, assumptions={"engines": HOSTILE})
    )
    return replace(cost, model=HOSTILE, chip=HOSTILE, operators=operators, description=description, warnings=(HOSTILE,))
