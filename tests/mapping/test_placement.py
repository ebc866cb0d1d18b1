"""Rules find engines, by role or name, the first match wins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.errors import ConfigError
from bitline.hardware import Rule
from bitline.mapping.placement import engine_for, matched_engine, named, taking_part
from bitline.operators import Gather, MatMul, Vector
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request


def operator(role: str, name: str = "x") -> MatMul:
    return MatMul(name=name, role=role, vectors=1, k=1, n=1)


def rules(*pairs):
    return tuple(Rule(operators=tuple(patterns.split()), engine=engine) for patterns, engine in pairs)


def test_first_match_wins_and_patterns_match_names_too(toy, chip_of) -> None:
    chip = chip_of({"a": toy(), "b": toy()}, rules(("q k*", "a"), ("odd_?", "a"), ("*", "b")))
    assert [engine_for(operator(role), chip) for role in ("q", "key", "out")] == ["a", "a", "b"]
    assert engine_for(operator("out", "odd_1"), chip) == "a"
    assert engine_for(operator("out", "odd_12"), chip) == "b"


def test_few_vectors_go_where_a_rule_for_few_says(toy, chip_of) -> None:
    few = Rule(operators=("scores", "softmax", "kv_write"), engine="a", most_vectors=8)
    chip = chip_of({"a": toy(), "b": toy()}, (few, *rules(("*", "b"))))
    scores = MatMul(name="s", role="scores", vectors=64, k=4, n=4, matrices=8, stationary="cache")
    softmax = Vector(name="f", role="softmax", function="softmax", elements=512, rows=64, rows_together=8)
    for one in (scores, softmax):
        assert engine_for(one, chip) == "a"
    assert engine_for(replace(scores, vectors=65), chip) == engine_for(replace(softmax, rows_together=9), chip) == "b"
    assert engine_for(Gather(name="w", role="kv_write", elements=10**6), chip) == "a"
    # Where nobody says how many, there may be many.
    assert matched_engine(("scores",), chip) == "b"


def test_no_rule_for_a_role(toy, chip_of) -> None:
    chip = chip_of({"a": toy()}, rules(("q", "a")))
    with pytest.raises(ConfigError, match=r"toy: no placement rule matches role 'out' \(operator 'x'\).*Engines: a"):
        engine_for(operator("out"), chip)


def test_an_engine_that_cannot_run_it_and_one_that_can(toy, chip_of) -> None:
    chip = chip_of({"a": toy(refuses="out"), "b": toy()}, rules(("*", "a")))
    with pytest.raises(ConfigError, match=r"'out'.*engine 'a' \(toy\), which cannot run it. Engines that can: b"):
        engine_for(operator("out"), chip)


def test_tables_stand_on_units_only_where_they_are_named(toy, chip_of) -> None:
    table = Gather(name="embedding", role="embedding", elements=8, held=32, width=4)
    engines = {"a": toy(units=9, resident=True), "b": toy()}
    with pytest.raises(
        ConfigError, match=r"only a bare '\*' puts the table 'embedding'.*engine 'a' .*Name 'embedding'"
    ):
        engine_for(table, chip_of(engines, rules(("*", "a"))))
    assert engine_for(table, chip_of(engines, rules(("embed*", "a"), ("*", "b")))) == "a"
    assert engine_for(table, chip_of(engines, rules(("*", "b")))) == "b"


def test_a_rule_names_an_engine_that_is_not_there(toy, chip_of) -> None:
    chip = chip_of({"array": toy()}, rules(("*", "aray")))
    with pytest.raises(ConfigError, match=r"placement\[0\].engine = 'aray' is not one of array. Nearest: 'array'"):
        engine_for(operator("q"), chip)


def test_equal_chips_are_not_mixed_up(toy, chip_of) -> None:
    first = chip_of({"a": toy(), "b": toy()}, rules(("*", "a")))
    second = chip_of({"a": toy(), "b": toy()}, rules(("*", "b")))
    assert (engine_for(operator("q"), first), engine_for(operator("q"), second)) == ("a", "b")


def test_variants_that_share_rules_need_not_share_engines(toy, chip_of) -> None:
    chip = chip_of({"array": toy()}, rules(("*", "array")))
    assert engine_for(operator("q"), chip) == "array"
    variant = replace(chip, engines={"macro": toy()})
    with pytest.raises(ConfigError, match=r"placement\[0\].engine = 'array' is not one of macro"):
        engine_for(operator("q"), variant)


def test_a_bare_star_takes_what_its_engine_can_run(toy, chip_of) -> None:
    engines = {"a": toy(refuses="softmax"), "b": toy()}
    chip = chip_of(engines, rules(("*", "a"), ("*", "b")))
    softmax = Vector(name="f", role="softmax", function="softmax", elements=8)
    assert [engine_for(one, chip) for one in (operator("q"), softmax)] == ["a", "b"]
    # By name there is no way round.
    with pytest.raises(ConfigError, match=r"'softmax'.*engine 'a' \(toy\), which cannot run it. Engines that can: b"):
        engine_for(softmax, chip_of(engines, rules(("q soft*", "a"), ("*", "b"))))


def test_variants_that_share_rules_find_what_their_own_engines_can_run(toy, chip_of) -> None:
    chip = chip_of({"a": toy(), "b": toy()}, rules(("*", "a"), ("*", "b")))
    assert engine_for(operator("q"), chip) == "a"
    assert engine_for(operator("q"), replace(chip, engines={"a": toy(refuses="q"), "b": toy()})) == "b"


def test_a_table_goes_past_units_that_do_not_name_it(toy, chip_of) -> None:
    table = Gather(name="embedding", role="embedding", elements=8, held=32, width=4)
    engines = {"a": toy(units=9, resident=True), "b": toy()}
    last = rules(("*", "a"), ("*", "b"))
    by_name = rules(("*", "a"), ("embed*", "a"), ("*", "b"))
    assert engine_for(table, chip_of(engines, last)) == "b"
    assert engine_for(table, chip_of(engines, by_name)) == "a"
    assert not named({"embedding"}, chip_of(engines, last))
    assert named({"embedding"}, chip_of(engines, by_name))
    assert not named({"embedding"}, chip_of(engines, rules(("*", "b"), ("embed*", "a"))))


def test_products_with_weights_and_with_keys_are_asked_about_apart() -> None:
    flash = load_chip("cambricon-llm-s")
    assert [matched_engine((role,), flash, "weight") for role in ("q", "anything")] == ["flash", "flash"]
    assert matched_engine(("scores",), flash, "cache") == "npu"
    assert taking_part(("scores",), flash, "cache") == ("npu",)
    assert taking_part(("q",), flash) == ("flash",)


@pytest.mark.parametrize("name", ["neupims", "neupims/npu-only", "cent", "pim-gpt", "transpim", "cambricon-llm-l"])
def test_memories_that_compute_run_models_that_nobody_listed(name: str) -> None:
    chip = load_chip(name)
    roomy = replace(chip, memories={key: replace(memory, capacity_bytes=1e15) for key, memory in chip.memories.items()})
    for model in ("mixtral-8x7b", "deepseek-v2-lite", "qwen3-next-80b-a3b", "mobilebert"):
        if name == "cent" and model == "qwen3-next-80b-a3b":
            continue  # Its chunks of states are products of values that are not kept.
        request = Request(prompt=8, generate=2 if model != "mobilebert" else 0)
        assert estimate(model, roomy, request).total_s > 0
