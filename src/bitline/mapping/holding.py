"""Where a model's weights stay: on units, as many layers as fit, or in the memory that feeds the engine."""

from __future__ import annotations

import numpy as np

from bitline.hardware.arithmetic import Floating
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine
from bitline.mapping.capacity import too_small
from bitline.mapping.duplication import duplicated
from bitline.mapping.placement import engine_for
from bitline.mapping.plan import Holding, Holdings
from bitline.mapping.reload import reloaded
from bitline.operators import Block, Gather, MatMul, Workload


def hold(workload: Workload, chip: Chip) -> Holdings:
    """Decide where weights stay, from a step that uses all of them (a prefill).

    Raises CapacityError where an engine's units do not hold them and the schedule does not reload.
    """
    found: dict[tuple[str, str], Holding] = {}
    memories: dict[str, dict[int, int]] = {}
    for block in workload.blocks:
        for operator in block.operators:
            if isinstance(operator, MatMul) and operator.stationary == "weight":
                name = engine_for(operator, chip)
                if chip.engines[name].resident:
                    found[block.name, operator.name] = _on_units(block, operator, name, chip.engines[name], found)
    _fill_memories(workload, chip, memories)
    room: dict[str, int] = {}
    for name, engine in chip.engines.items():
        mine = {key: h for key, h in found.items() if h.engine == name}
        needed = sum(h.units_in_all for h in mine.values())
        if needed > engine.units:
            if not chip.schedule.reload:
                raise too_small(workload, chip, name, tuple(mine.values()))
            mine, room[name] = reloaded(mine, engine.units, workload, name)
        elif chip.schedule.duplicate and mine:
            mine = duplicated(mine, engine.units, _vectors(workload))
        found.update(mine)
    return Holdings(on_units=found, room=room, memory_values=memories)


def weight_bits(engine: Engine) -> int:
    """Bits of a stored weight, key or value on an engine."""
    arithmetic = engine.arithmetic()
    return arithmetic.bits if isinstance(arithmetic, Floating) else arithmetic.weight.bits


def input_bits(engine: Engine) -> int:
    """Bits of a value that moves into an engine."""
    arithmetic = engine.arithmetic()
    return arithmetic.bits if isinstance(arithmetic, Floating) else arithmetic.input.bits


def _on_units(
    block: Block, operator: MatMul, name: str, engine: Engine, found: dict[tuple[str, str], Holding]
) -> Holding:
    # A tied operator finds its weights on the units of the other one, if that sits on the same engine.
    elsewhere = any(h.operator == operator.tied and h.engine == name for h in found.values())
    layers = 0 if elsewhere else 1 if block.shared else block.repeat
    return Holding(
        block=block.name, operator=operator.name, engine=name,
        units=int(np.max(engine.claim(operator) * operator.held)),
        weights=int(np.max(operator.k * operator.n * operator.held)),
        layers=layers, resident_layers=layers,
    )  # fmt: skip


def _fill_memories(workload: Workload, chip: Chip, memories: dict[str, dict[int, int]]) -> None:
    homes: dict[str, str] = {}
    for block in workload.blocks:
        layers = 1 if block.shared else block.repeat
        for operator in block.operators:
            if isinstance(operator, MatMul):
                values = operator.k * operator.n * operator.held if operator.stationary == "weight" else 0
                tied = operator.tied
            elif isinstance(operator, Gather):
                values, tied = operator.held, ""
            else:
                continue
            engine = chip.engines[engine_for(operator, chip)]
            home = engine.memory
            if home is None or engine.resident or not np.any(values) or homes.get(tied) == home:
                continue
            homes[operator.name] = home
            by_bits = memories.setdefault(home, {})
            bits = weight_bits(engine)
            by_bits[bits] = by_bits.get(bits, 0) + int(np.max(values)) * layers


def _vectors(workload: Workload) -> dict[tuple[str, str], int]:
    return {
        (block.name, operator.name): max(1, int(np.max(operator.vectors / operator.matrices)))
        for block in workload.blocks
        for operator in block.operators
        if isinstance(operator, MatMul)
    }
