"""Which engine a module's numbers come from, where several take part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.errors import ConfigError
from bitline.hardware import Rule
from bitline.mapping.placement import taking_part
from bitline.systems import load_chip
from bitline.verbs.placement import place

CHIP = load_chip("xformer")
ANALOG = next(name for name, engine in CHIP.engines.items() if engine.kind == "crossbar")
OTHER = next(name for name, engine in CHIP.engines.items() if engine.kind != "crossbar")
LAST = Rule(operators=("*",), engine=OTHER)


def test_parts_of_one_product_must_share_an_arithmetic() -> None:
    shared = Rule(operators=("up",), engine=ANALOG, beside_fraction={OTHER: 0.5})
    with pytest.raises(ConfigError, match="whose arithmetic differs"):
        place(replace(CHIP, placement=(shared, LAST)), ("up",), "layers.0.up")
    twin = replace(CHIP, engines={**CHIP.engines, "twin": CHIP.engines[ANALOG]})
    shared = Rule(operators=("up",), engine=ANALOG, beside_fraction={"twin": 0.5})
    assert place(replace(twin, placement=(shared, LAST)), ("up",), "layers.0.up").engine == ANALOG


def test_prompts_and_tokens_must_share_an_arithmetic() -> None:
    few = Rule(operators=("up",), engine=ANALOG, most_vectors=4)
    with pytest.raises(ConfigError, match="whose arithmetic differs"):
        place(replace(CHIP, placement=(few, LAST)), ("up",), "layers.0.up")


def test_all_that_take_part_are_named_up_to_the_first_rule_for_all() -> None:
    rules = (
        Rule(operators=("up",), engine="a", most_vectors=2, beside_fraction={"b": 0.5}),
        Rule(operators=("*",), engine="c"),
        Rule(operators=("*",), engine="d"),
    )
    chip = replace(CHIP, placement=rules)
    assert taking_part(("up",), chip) == ("a", "b", "c")
    assert taking_part(("down",), chip) == ("c",)
