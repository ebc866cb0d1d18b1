"""Every operator of a step in its place."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine
from bitline.mapping.beside import seated
from bitline.mapping.capacity import cache_too_large
from bitline.mapping.devices import of_one_device, parts_of
from bitline.mapping.devices.experts import EXPERT, unevenness
from bitline.mapping.devices.matrices import uneven_heads
from bitline.mapping.graph import in_order
from bitline.mapping.keeping import keeps_cache
from bitline.mapping.movement import Origin, moves
from bitline.mapping.plan import Holding, Holdings, Move, PlacedBlock, Plan, Seat
from bitline.operators import Block, MatMul, Operator, Workload, largest


def place(workload: Workload, chip: Chip, holdings: Holdings) -> Plan:
    """Seat the operators of one step, given where the weights stay."""
    placed: list[PlacedBlock] = []
    before: Origin | None = None
    uneven = uneven_heads(workload, chip.devices.tensor) if chip.devices.tensor > 1 else {}
    parts, workload = parts_of(workload, chip), of_one_device(workload, chip)
    for unsorted in workload.blocks:
        if not unsorted.operators:
            continue
        block, engines = seated(unsorted, chip)
        block, needs = in_order(block)
        last = block.operators[-1]
        own = Origin(last, engines[last.name])
        moved = moves(block, engines, chip, own if block.repeat > 1 else before) if chip.links else {}
        before = own
        held = {operator.name: _found(block, operator, holdings) for operator in block.operators}
        cuts = sorted({0, block.repeat, *[_staying(h, block.repeat) for h in held.values() if h]})
        for first, end in pairwise(cuts):
            seats = [
                _seat(operator, engines[operator.name], chip, moved.get(operator.name, ()))
                if (holding := held[operator.name]) is None
                else _holder(operator, holding, moved.get(operator.name, ()), first < _staying(holding, block.repeat))
                for operator in block.operators
            ]
            if chip.devices.expert > 1:
                seats = [_of_busiest(seat, parts.busy_fraction, chip.devices.expert) for seat in seats]
            if uneven:
                seats = [
                    _of_some(seat, uneven.get((block.name, seat.operator.name.partition("@")[0]))) for seat in seats
                ]
            placed.append(
                PlacedBlock(name=block.name, seats=tuple(seats), needs=needs, layers=end - first, shared=block.shared)
            )
    _check_caches(workload, placed, chip, parts.passes)
    return Plan(
        name=workload.name, blocks=tuple(placed), tokens=workload.tokens, batch=workload.batch,
        context=workload.context, parts=parts,
    )  # fmt: skip


def _found(block: Block, operator: Operator, holdings: Holdings) -> Holding | None:
    """Look the weights up under the operator's name, or under that of the one it shares them with."""
    found = holdings.on_units.get((block.name, operator.name))
    if found is None and isinstance(operator, MatMul) and operator.stationary == "weight" and operator.tied:
        return holdings.on_units.get((block.name, operator.tied))
    return found


def _staying(holding: Holding, repeat: int) -> int:
    """Layers, counted from the first, that find their weights on the units."""
    return repeat if holding.resident_layers == holding.layers else holding.resident_layers


def _holder(operator: Operator, holding: Holding, moved: tuple[Move, ...], stays: bool) -> Seat:
    return Seat(
        operator=operator, engine=holding.engine, units=holding.units, copies=holding.copies,
        own=stays, rewritten=not stays, moves=moved,
    )  # fmt: skip


def _seat(operator: Operator, name: str, chip: Chip, moved: tuple[Move, ...]) -> Seat:
    """Seat an operator without resident weights; it takes the units it needs when its turn comes."""
    engine = chip.engines[name]
    if not engine.units or not isinstance(operator, MatMul):
        return Seat(operator=operator, engine=name, moves=moved)
    stays = operator.stationary == "cache" and keeps_cache(engine)
    return Seat(operator=operator, engine=name, units=taken(operator, engine, stays), own=stays, moves=moved)


def taken(operator: MatMul, engine: Engine, stays: bool) -> int:
    """Count the units that an operator without weights there takes at the longest context; all at most if it leaves."""
    units = math.ceil(largest(engine.claim(operator) * operator.held))
    return units if stays else min(units, engine.units)


def _of_some(seat: Seat, busy_fraction: float | None) -> Seat:
    """Let devices with fewer heads wait for the one with most."""
    return seat if busy_fraction is None else replace(seat, busy_fraction=seat.busy_fraction * busy_fraction)


def _of_busiest(seat: Seat, busy_fraction: float, devices: int) -> Seat:
    """Let others wait for the device with most requests, or with most experts that are hit: tokens of all go to those.

    Experts whose weights come and go stay as they are, since all of them are written.
    """
    one = seat.operator
    if not isinstance(one, MatMul) or not one.role.startswith(EXPERT):
        return replace(seat, busy_fraction=busy_fraction)
    more = 1.0 if seat.rewritten else unevenness(one, devices)
    busiest = replace(one, vectors=one.vectors * more, matrices=one.matrices * more)
    return replace(seat, operator=busiest, busy_fraction=1.0 / more)


def _check_caches(workload: Workload, placed: list[PlacedBlock], chip: Chip, passes: int) -> None:
    """Refuse keys and values that stay, each layer and pass on units of its own, where the units do not hold them."""
    needed: dict[str, int] = {}
    for block in placed:
        for seat in block.seats:
            if seat.own and isinstance(seat.operator, MatMul) and seat.operator.stationary == "cache":
                needed[seat.engine] = needed.get(seat.engine, 0) + seat.units * block.layers * passes
    for engine, units in needed.items():
        if units > chip.engines[engine].units * chip.devices.pipeline:
            raise cache_too_large(replace(workload, batch=workload.batch * passes), chip, engine, units)
