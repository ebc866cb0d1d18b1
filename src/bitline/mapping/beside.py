"""Operators of a block on their engines, a product on several of them where the placement says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate, pairwise

from bitline.hardware.chip import Chip
from bitline.mapping.placement import rules_for, unable
from bitline.operators import Block, Exchange, MatMul, Operator, Size, largest


def seated(block: Block, chip: Chip) -> tuple[Block, dict[str, str]]:
    """Name the engine of each operator; exchanges are begun by the engine that made the values.

    A product that other engines take part in stands there once for each, named `PRODUCT@ENGINE`, with its share of the
    outputs and of the stored weights, or of the heads where it meets keys and values. Who reads it waits for all.
    """
    computed = [operator for operator in block.operators if not isinstance(operator, Exchange)]
    rules = rules_for(computed, chip)
    engines = {name: rule.engine for name, rule in rules.items()}
    beside = {name: rule.beside_fraction for name, rule in rules.items() if rule.beside_fraction}
    if beside:
        block = _spread(block, chip, engines, beside)
    if len(computed) < len(block.operators):
        first = next(iter(engines.values()), next(iter(chip.engines)))
        for operator in block.operators:
            if isinstance(operator, Exchange):
                engines[operator.name] = engines[operator.after[0]] if operator.after else first
    return block, engines


def _spread(block: Block, chip: Chip, engines: dict[str, str], beside: Mapping[str, Mapping[str, float]]) -> Block:
    found: list[Operator] = []
    twins: dict[str, tuple[str, ...]] = {}
    for operator in block.operators:
        one = operator
        if any(need in twins for need in operator.after):
            one = replace(
                operator, after=tuple(name for need in operator.after for name in (need, *twins.get(need, ())))
            )
        others = beside.get(operator.name)
        if not others or not isinstance(one, MatMul):
            found.append(one)
            continue
        first, *parts = _parts(one, (1.0 - sum(others.values()), *others.values()))
        found.append(first)
        for name, part in zip(others, parts, strict=True):
            if not largest(part.vectors) or not largest(part.n):
                # A share of less than half an output, or half a head: nothing is left for this engine.
                continue
            twin = replace(part, name=f"{one.name}@{name}")
            if not chip.engines[name].runs(twin):
                raise unable(operator, name, chip)
            engines[twin.name] = name
            twins[operator.name] = (*twins.get(operator.name, ()), twin.name)
            found.append(twin)
    return replace(block, operators=tuple(found))


def _parts(one: MatMul, shares: tuple[float, ...]) -> list[MatMul]:
    """Cut a product by outputs, or by heads where it meets keys and values, or by vectors where neither stays."""
    if one.stationary == "weight":
        return [replace(one, n=n) for n in _dealt(int(one.n), shares)]
    if one.stationary is None:
        return [replace(one, vectors=one.vectors * part) for part in shares]
    heads = _dealt(one.per_request, shares)
    return [
        _of_heads(one, count, count / one.per_request if one.per_request > 1 else part)
        for count, part in zip(heads, shares, strict=True)
    ]


def _of_heads(one: MatMul, heads: int, part: float) -> MatMul:
    def some(size: Size) -> Size:
        return size * part

    return replace(
        one, vectors=some(one.vectors), matrices=some(one.matrices), held=some(one.held), per_request=max(heads, 1),
        vectors_per_token=some(one.vectors_per_token),
    )  # fmt: skip


def _dealt(count: int, shares: tuple[float, ...]) -> list[int]:
    """Deal a whole number out: each about its share, all but the first together the nearest to theirs."""
    ends = [round(count * end) for end in accumulate(shares[1:], initial=0.0)]
    return [count - ends[-1], *(end - begin for begin, end in pairwise(ends))]
