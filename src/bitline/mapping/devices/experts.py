"""Routed experts dealt out over devices, and the tokens that travel to them and back."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import comb

from bitline.mapping.devices.share import largest_share
from bitline.operators import Block, Exchange, MatMul, Operator, Size, largest

EXPERT = "expert_"
"""How the roles of products with routed experts begin."""
KNOWN_ROUTINGS = 1024


def dealt(block: Block, devices: int, parts: float) -> Block:
    """Give what one device does, with its part of the requests, of a block in order.

    `parts` are all requests over those of the device. Every device sends its tokens to the devices of their experts and
    takes back what they made. On average it works on as many tokens as it sends, over its part of the experts that the
    tokens of all devices hit; `unevenness` says how much more the busiest has to do.
    """
    if devices == 1 or not any(_expert(operator) for operator in block.operators):
        return block
    found: list[Operator] = []
    away: set[str] = set()
    """Operators whose outputs are on the devices of experts."""
    sent: dict[tuple[str, ...], str] = {}
    renamed: dict[str, str] = {}
    for operator in block.operators:
        one = operator
        if _expert(operator) and isinstance(one, MatMul):
            if not away.intersection(operator.after):
                if operator.after not in sent:
                    sent[operator.after] = f"{operator.name}_all_to_all"
                    found.append(_travel(sent[operator.after], one.vectors * one.k, devices, operator.after))
                one = replace(one, after=(sent[operator.after],))
            found.append(_hit_by_all(one, devices, parts))
            away.add(operator.name)
            continue
        if away.intersection(operator.after) and operator.role == "activation":
            away.add(operator.name)
        else:
            for need in away.intersection(operator.after):
                back = next(o for o in block.operators if o.name == need)
                if isinstance(back, MatMul) and need not in renamed:
                    renamed[need] = f"{need}_all_to_all"
                    found.append(_travel(renamed[need], back.vectors * back.n, devices, (need,)))
        found.append(replace(one, after=tuple(renamed.get(need, need) for need in one.after)))
    return replace(block, operators=tuple(found))


def _expert(operator: Operator) -> bool:
    return isinstance(operator, MatMul) and operator.role.startswith(EXPERT)


def _travel(name: str, elements: Size, devices: int, after: tuple[str, ...]) -> Exchange:
    return Exchange(name=name, role="all_to_all", elements=elements, devices=devices, after=after)


def _hit_by_all(one: MatMul, devices: int, parts: float) -> MatMul:
    """One part leaves out what all leave out: $1 - M/N$ to the power of the parts."""
    hit = one.held * (1 - (1 - one.matrices / one.held) ** parts)
    vectors = one.vectors if parts == devices else one.vectors * (parts / devices)
    return replace(one, vectors=vectors, matrices=hit / devices, held=largest_share(one.held, devices))


def unevenness(mean: MatMul, devices: int) -> float:
    """Give the experts that tokens hit on the device where they hit most, as expected, over those of a mean device."""
    held, hit = int(largest(mean.held)), float(largest(mean.matrices))
    return _unevenness(held, hit, devices) if 0.0 < hit < held else 1.0


@lru_cache(maxsize=KNOWN_ROUTINGS)
def _unevenness(held: int, hit: float, devices: int) -> float:
    r"""Take experts to be hit with one chance $p$ each, on their own: $E[\max] = \sum_m 1 - P(\text{hits} \le m)^D$.

    Never less than one where any is hit. Within a few per cent of tokens that choose experts at random.
    """
    chance = hit / held
    at_most, expected = 0.0, 0.0
    for hits in range(held):
        at_most += comb(held, hits) * chance**hits * (1.0 - chance) ** (held - hits)
        expected += 1.0 - min(at_most, 1.0) ** devices
    return max(expected, min(hit * devices, 1.0), hit) / hit
