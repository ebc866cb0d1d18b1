"""A block's operators in an order in which each comes after what it needs."""

from __future__ import annotations

from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from bitline.errors import ConfigError, not_one_of
from bitline.operators import Block

Needs = tuple[tuple[int, ...], ...]


def in_order(block: Block) -> tuple[Block, Needs]:
    """Sort operators so that each follows its needs, otherwise as written, and give those needs by number.

    Raises ConfigError for unknown names and for operators that wait for each other.
    """
    found = _needs(block)
    for number, before in enumerate(found):
        if before and max(before) >= number:
            return _sorted(block)
    return block, found


def _needs(block: Block) -> Needs:
    number = {operator.name: index for index, operator in enumerate(block.operators)}
    if len(number) != len(block.operators):
        raise ConfigError(f"block {block.name!r}: two operators have the same name.")
    try:
        return tuple([tuple([number[name] for name in operator.after]) for operator in block.operators])
    except KeyError as error:
        raise not_one_of("after", error.args[0], number, f"block {block.name!r}") from None


def _sorted(block: Block) -> tuple[Block, Needs]:
    graph = {operator.name: operator.after for operator in block.operators}
    by_name = {operator.name: operator for operator in block.operators}
    try:
        order = tuple(by_name[name] for name in TopologicalSorter(graph).static_order())
    except CycleError as error:
        ring = " -> ".join(error.args[1])
        raise ConfigError(f"block {block.name!r}: operators wait for each other: {ring}.") from None
    found = replace(block, operators=order)
    return found, _needs(found)
