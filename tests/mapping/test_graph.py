"""Order of operators and the errors of broken graphs."""

from __future__ import annotations

import pytest

from bitline.errors import ConfigError
from bitline.mapping.graph import in_order
from bitline.operators import Block, Vector


def vector(name: str, *after: str) -> Vector:
    return Vector(name=name, role="x", function="add", elements=1, after=after)


def block(*operators: Vector) -> Block:
    return Block(name="layer", operators=operators)


def test_operators_are_sorted_only_if_they_must_be() -> None:
    good = block(vector("a"), vector("b"), vector("c", "a"))
    assert in_order(good) == (good, ((), (), (0,)))
    assert in_order(good)[0] is good
    bad, needs = in_order(block(vector("c", "a"), vector("a")))
    assert [operator.name for operator in bad.operators] == ["a", "c"]
    assert needs == ((), (0,))


def test_unknown_and_circular_needs() -> None:
    with pytest.raises(ConfigError, match=r"block 'layer': after = 'up' is not one of a, upp. Nearest: 'upp'"):
        in_order(block(vector("a", "up"), vector("upp")))
    with pytest.raises(ConfigError, match=r"block 'layer': operators wait for each other: .*a"):
        in_order(block(vector("a", "b"), vector("b", "a")))
    with pytest.raises(ConfigError, match="two operators have the same name"):
        in_order(block(vector("a"), vector("a")))
