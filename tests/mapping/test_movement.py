"""What crosses which link, and how often."""

from __future__ import annotations

from dataclasses import replace

from bitline.hardware import Link, Rule
from bitline.mapping import hold, place
from bitline.operators import MatMul, Vector

RULES = (Rule(operators=("w*",), engine="a"), Rule(operators=("*",), engine="b"))


def moved(chip, workload):
    plan = place(workload, chip, hold(workload, chip))
    return {s.operator.name: [(m.link, m.bits) for m in s.moves] for b in plan.blocks for s in b.seats if s.moves}


def operators():
    return [
        Vector(name="norm", role="norm", function="rmsnorm", elements=32),
        MatMul(name="w1", role="w", vectors=8, k=4, n=6, after=("norm",)),
        MatMul(name="w2", role="w", vectors=8, k=4, n=6, after=("norm",)),
        Vector(name="add", role="add", function="add", elements=96, after=("w1", "w2")),
    ]


def test_values_cross_once_per_reading_engine_at_the_readers_bits(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(bits=4), "b": toy(bits=16)}, RULES)
    linked = replace(chip, links=(Link(between=("a", "b")),))
    found = moved(linked, stack(operators(), head=False))
    assert found == {"w1": [("link.a-b", 32 * 4)], "add": [("link.a-b", 48 * 16), ("link.a-b", 48 * 16)]}
    assert moved(chip, stack(operators(), head=False)) == {}


def test_values_take_the_fewest_links(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(), "b": toy()}, RULES)
    linked = replace(chip, links=(Link(between=("a", "dram")), Link(between=("dram", "b"))))
    assert [link for link, _ in moved(linked, stack(operators(), head=False))["w1"]] == ["link.dram-b", "link.a-dram"]


def test_a_block_takes_in_what_the_block_before_made(toy, chip_of, stack) -> None:
    chip = chip_of({"a": toy(), "b": toy()}, RULES)
    linked = replace(chip, links=(Link(between=("b", "a")),))
    layer = [MatMul(name="w", role="w", vectors=8, k=4, n=6), Vector(name="x", role="x", function="add", elements=40)]
    found = moved(linked, stack([replace(layer[0]), replace(layer[1], after=("w",))], layers=2, head=False))
    assert found == {"w": [("link.b-a", 40 * 8)], "x": [("link.b-a", 48 * 8)]}
