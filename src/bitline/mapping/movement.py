"""Values that cross links on their way from one engine to another.

What an operator makes goes from the engine that makes it to each engine that reads it, once, along the fewest
links of the description, at the bits in which the reader takes its inputs. Engines that no chain of links joins
are taken to pass values on at no cost. Not modelled: contention inside a network, and what enters or leaves the chip.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import final

from bitline.hardware.chip import Chip
from bitline.mapping.identity import Same
from bitline.mapping.placement import KNOWN_CHIPS
from bitline.mapping.plan import Move
from bitline.mapping.width import input_bits
from bitline.operators import Block, Operator, made


@final
@dataclass(frozen=True, slots=True)
class Origin:
    """An operator and the engine it runs on."""

    operator: Operator
    engine: str


def moves(block: Block, engines: dict[str, str], chip: Chip, entry: Origin | None) -> dict[str, tuple[Move, ...]]:
    """List the moves before each operator, by its name.

    `engines` says where each operator of the block runs, `entry` whose output the block takes in.
    """
    found: dict[str, tuple[Move, ...]] = {}
    sent: set[tuple[str, str]] = set()
    makers = {operator.name: operator for operator in block.operators}
    paths = _paths(Same(chip))
    for operator in block.operators:
        reader = engines[operator.name]
        inside = [(makers[name], engines[name]) for name in operator.after if name in makers]
        for maker, engine in inside or ([(entry.operator, entry.engine)] if entry else []):
            path = paths.get((engine, reader))
            if path and (maker.name, reader) not in sent:
                sent.add((maker.name, reader))
                bits = made(maker) * input_bits(chip.engines[reader])
                found[operator.name] = found.get(operator.name, ()) + tuple(Move(link, bits) for link in path)
    return found


def link_name(between: tuple[str, str]) -> str:
    """Name the part that stands for a link."""
    return f"link.{between[0]}-{between[1]}"


@lru_cache(maxsize=KNOWN_CHIPS)
def _paths(chip: Same[Chip]) -> dict[tuple[str, str], tuple[str, ...]]:
    steps: dict[str, list[tuple[str, str]]] = {}
    for link in chip.value.links:
        for here, there in (link.between, link.between[::-1]):
            steps.setdefault(here, []).append((there, link_name(link.between)))
    return {
        (start, end): path
        for start in chip.value.engines
        for end, path in _from(start, steps).items()
        if end in chip.value.engines
    }


def _from(start: str, steps: dict[str, list[tuple[str, str]]]) -> dict[str, tuple[str, ...]]:
    reached: dict[str, tuple[str, ...]] = {start: ()}
    edge = [start]
    while edge:
        here = edge.pop(0)
        for there, link in steps.get(here, ()):
            if there not in reached:
                reached[there] = (*reached[here], link)
                edge.append(there)
    return reached
