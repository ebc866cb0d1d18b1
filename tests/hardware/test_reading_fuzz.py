"""Whatever is given, a description is a chip or one clear error."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bitline.engines.kinds import engine_kinds
from bitline.errors import BitlineError
from bitline.hardware import Chip
from bitline.hardware.reading import parse_chip, parse_chip_text
from bitline.hardware.writing import to_yaml
from bitline.hardware.yaml import parse_yaml

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["use", "*", "toy"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["use", "kind", "bits", "x", "provenance", "sources", "cell"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
WHOLE = """\
name: small
technology: {node_nm: 32, supply_v: 0.9}
engines:
  wide:
    kind: crossbar
    array: {use: isaac, active_rows: 64}
    cell: {use: reram-neurram, bits: 2, write: {pulses: 3}}
    adc: {use: isaac-6b, per_array: 4}
  board: {kind: gpu, use: h200, memory: store}
memories:
  store: {use: hbm3, capacity_bytes: 65536}
links:
  - {use: grs, between: [wide, store]}
placement:
  - {operators: ["*"], engine: wide}
schedule: {policy: sequential}
provenance: {sources: {engines.wide: paper}, conflicts: {speedup: "2 or 3"}}
"""


def steps(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(found for step, below in items for found in steps(below, (*path, step)))]


TREE = parse_yaml(WHOLE, "chip", "a chip").tree
PLACES = steps(TREE)[1:]


def is_chip_or_error(read) -> None:
    try:
        made = read()
    except BitlineError:
        return
    assert isinstance(made, Chip)
    assert parse_chip_text(to_yaml(made), engine_kinds()) == made


def test_the_tree_itself_is_a_chip():
    assert isinstance(parse_chip(TREE, engine_kinds()), Chip)


@given(place=st.sampled_from(PLACES), value=ANYTHING)
@settings(max_examples=400)
def test_any_value_at_any_place(place, value):
    tree = copy.deepcopy(TREE)
    above = tree
    for step in place[:-1]:
        above = above[step]
    above[place[-1]] = value
    is_chip_or_error(lambda: parse_chip(tree, engine_kinds()))


@given(
    place=st.sampled_from([path for path in PLACES if isinstance(path[-1], str)]),
    key=st.text(max_size=6) | st.just("use"),
)
@settings(max_examples=200)
def test_any_key_in_any_place(place, key):
    tree = copy.deepcopy(TREE)
    above = tree
    for step in place[:-1]:
        above = above[step]
    above[key] = above.pop(place[-1])
    is_chip_or_error(lambda: parse_chip(tree, engine_kinds()))


@given(
    start=st.integers(0, len(WHOLE)),
    length=st.integers(0, 12),
    text=st.text("{}[]:,-&*!#|>'\"%@` \n\tab1.e\\", max_size=4),
)
@settings(max_examples=300)
def test_any_damage_to_the_text(start, length, text):
    is_chip_or_error(lambda: parse_chip_text(WHOLE[:start] + text + WHOLE[start + length :], engine_kinds()))


@given(text=st.text(max_size=40))
@settings(max_examples=200)
def test_any_text(text):
    is_chip_or_error(lambda: parse_chip_text(text, engine_kinds()))
