"""Misspelt roles of a placement are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.hardware import Rule
from bitline.systems import load_chip, system_names
from bitline.verbs.unmatched import unmatched


@pytest.mark.parametrize("name", system_names())
def test_no_system_has_words_that_go_with_nothing(name: str) -> None:
    assert unmatched(load_chip(name)) == ()


def test_misspelt_words_are_told_with_the_nearest() -> None:
    chip = load_chip("h100")
    rules = (Rule(operators=("q", "sccores", "expert_*", "zz*"), engine="gpu"), *chip.placement)
    schedule = replace(chip.schedule, by_head=("kk",))
    assert unmatched(replace(chip, placement=rules, schedule=schedule)) == (
        "placement.0.operators: no model that comes with Bitline has an operator 'sccores'. Nearest: 'scores'.",
        "placement.0.operators: no model that comes with Bitline has an operator 'zz*'. Nearest: 'z'.",
        "schedule.by_head: no model that comes with Bitline has an operator 'kk'. Nearest: 'k'.",
    )
