"""A block's operators in an order in which each comes after what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from bitline.errors import ConfigError, not_one_of
from bitline.operators import Block, Operator


def needs(operators: Sequence[Operator], block: str) -> tuple[tuple[int, ...], ...]:
    """Give the numbers of the operators that each one waits for; raises ConfigError for unknown names."""
    number = {operator.name: index for index, operator in enumerate(operators)}
    if len(number) != len(operators):
        raise ConfigError(f"block {block!r}: two operators have the same name.")
    try:
        return tuple(tuple(number[name] for name in operator.after) for operator in operators)
    except KeyError as error:
        raise not_one_of("after", error.args[0], number, f"block {block!r}") from None


def in_order(block: Block) -> Block:
    """Sort operators so that each follows its needs, otherwise as written; raises ConfigError for a ring."""
    operators = block.operators
    if all(index < number for number, before in enumerate(needs(operators, block.name)) for index in before):
        return block
    graph = {operator.name: operator.after for operator in operators}
    by_name = {operator.name: operator for operator in operators}
    try:
        return replace(block, operators=tuple(by_name[name] for name in TopologicalSorter(graph).static_order()))
    except CycleError as error:
        ring = " -> ".join(error.args[1])
        raise ConfigError(f"block {block.name!r}: operators wait for each other: {ring}.") from None
