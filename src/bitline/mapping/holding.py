"""Where a model's weights stay: on units, as many layers as fit, or in the memory that feeds the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import final

from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine
from bitline.mapping.beside import seated
from bitline.mapping.capacity import too_small
from bitline.mapping.devices import of_one_device
from bitline.mapping.devices.stages import Stages
from bitline.mapping.duplication import duplicated
from bitline.mapping.naming import check_names
from bitline.mapping.placement import crowds
from bitline.mapping.plan import Holding, Holdings
from bitline.mapping.reload import reloaded
from bitline.mapping.width import weight_bits
from bitline.operators import Block, Gather, MatMul, Operator, Workload, largest, weights_of


@final
@dataclass(slots=True)
class _Finds:
    """Weights met so far on the way through a workload."""

    on_units: dict[tuple[str, str], Holding] = field(default_factory=dict)
    memories: dict[str, dict[float, int]] = field(default_factory=dict)
    """Values by the bits of one, by memory."""
    homes: dict[str, str] = field(default_factory=dict)
    """Memory by operator or table, for those that share its weights."""
    values: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """Values by block, product and memory."""
    once_bytes: dict[tuple[str, str], float] = field(default_factory=dict)
    """Bytes of blocks that stand once, by memory and block."""


def decided_by(workload: Workload, chip: Chip) -> tuple[int, ...]:
    """Say what of a prefill decides where the weights of a model stay: for prompts alike in this they stay alike."""
    if chip.schedule.duplicate and any(engine.units for engine in chip.engines.values()):
        return workload.batch, workload.tokens
    if not any(rule.most_vectors for rule in chip.placement):
        return ()
    of_prompt = crowds(
        (operator for block in of_one_device(workload, chip).blocks for operator in block.operators), chip
    )
    return workload.batch, *of_prompt


def hold(workload: Workload, chip: Chip) -> Holdings:
    """Decide where the weights of one device of each stage stay, from a step that uses all of them (a prefill).

    Where rules put few vectors on other engines than many, what one token of each request meets there is kept in their
    memory as well.

    Raises ConfigError where an engine speaks of operators that there are not, and CapacityError where its units do not
    hold the weights and the schedule does not reload.
    """
    check_names(workload, chip)
    finds = _Finds()
    blocks = of_one_device(workload, chip).blocks
    placed = [seated(block, chip) for block in blocks]
    for block, engines in placed:
        for operator in block.operators:
            name = engines[operator.name]
            engine, weights = chip.engines[name], weights_of(operator)
            if weights is not None and engine.resident:
                finds.on_units[block.name, operator.name] = _on_units(block, weights, name, engine, finds)
            elif isinstance(operator, MatMul) and operator.stationary == "weight":
                _in_memory(block, operator, engine, int(largest(operator.k * operator.n * operator.held)), finds)
            elif isinstance(operator, Gather) and largest(operator.held):
                _in_memory(block, operator, engine, int(largest(operator.held)), finds)
    if any(rule.most_vectors for rule in chip.placement):
        for block in blocks:
            _copies(block, workload.tokens, chip, finds)
    room: dict[str, int] = {}
    for name, engine in chip.engines.items():
        mine = {key: h for key, h in finds.on_units.items() if h.engine == name}
        needed, units = sum(h.units_in_all for h in mine.values()), engine.units * chip.devices.pipeline
        if needed > units:
            if not chip.schedule.reload:
                raise too_small(workload, chip, name, tuple(mine.values()))
            mine, room[name] = reloaded(mine, units, workload, name)
        elif chip.schedule.duplicate and mine:
            mine |= duplicated(
                {key: h for key, h in mine.items() if h.layers}, units, _vectors([block for block, _ in placed])
            )
        finds.on_units.update(mine)
    stages = _stages(blocks, chip, finds) if chip.devices.pipeline > 1 else {}
    return Holdings(on_units=finds.on_units, room=room, memory_values=finds.memories, stages=stages)


def _stages(blocks: Sequence[Block], chip: Chip, finds: _Finds) -> dict[str, Stages]:
    """Say of each memory what stands before the layers and what behind them."""
    layers = [
        number for number, block in enumerate(blocks)
        if block.repeat > 1 and any(isinstance(operator, MatMul) for operator in block.operators)
    ]  # fmt: skip
    begin = layers[0] if layers else len(blocks)

    def of(memory: str, some: Sequence[Block]) -> float:
        return sum(finds.once_bytes.get((memory, block.name), 0.0) for block in some)

    return {
        memory: Stages(
            layers=sum(blocks[number].repeat for number in layers) or 1, first_bytes=of(memory, blocks[:begin]),
            last_bytes=of(memory, blocks[begin:]),
        )
        for memory in chip.memories
    }  # fmt: skip


def _on_units(block: Block, operator: MatMul, name: str, engine: Engine, finds: _Finds) -> Holding:
    # A tied operator finds its weights on the units of the other one, if that sits on the same engine.
    tied = operator.tied
    homes = [key for key, h in finds.on_units.items() if tied and h.operator == tied and h.engine == name]
    layers = 0 if homes else 1 if block.shared else block.repeat
    return Holding(
        block=block.name, operator=operator.name, engine=name,
        units=int(largest(engine.claim(operator) * operator.held)),
        weights=int(largest(operator.k * operator.n * operator.held)),
        layers=layers, resident_layers=layers, home=homes[0] if homes else None,
    )  # fmt: skip


def _in_memory(block: Block, operator: MatMul | Gather, engine: Engine, values: int, finds: _Finds) -> None:
    home = engine.memory
    tied = operator.tied if isinstance(operator, MatMul) else ""
    if home is None or (tied and finds.homes.get(tied) == home):
        return
    finds.homes[operator.name] = home
    key = block.name, _whole(operator), home
    finds.values[key] = finds.values.get(key, 0) + values
    by_bits, bits = finds.memories.setdefault(home, {}), weight_bits(engine)
    by_bits[bits] = by_bits.get(bits, 0) + values * (1 if block.shared else block.repeat)
    if block.repeat == 1:
        finds.once_bytes[home, block.name] = finds.once_bytes.get((home, block.name), 0.0) + values * bits / 8


def _copies(block: Block, tokens: int, chip: Chip, finds: _Finds) -> None:
    """Keep what one token of each request meets in other memories than a prompt does."""
    products = [o for o in block.operators if isinstance(o, MatMul) and o.stationary == "weight"]
    few, engines = seated(
        replace(block, operators=tuple(replace(one, vectors=one.vectors / tokens, after=()) for one in products)), chip
    )
    for operator in few.operators:
        engine = chip.engines[engines[operator.name]]
        if isinstance(operator, MatMul) and engine.memory is not None and not engine.resident:
            values = int(largest(operator.k * operator.n * operator.held))
            more = values - finds.values.get((block.name, _whole(operator), engine.memory), 0)
            if more > 0:
                _in_memory(block, operator, engine, more, finds)


def _whole(operator: Operator) -> str:
    """Name the product that an operator is a share of."""
    return operator.name.partition("@")[0]


def _vectors(blocks: Sequence[Block]) -> dict[tuple[str, str], int]:
    # A lookup takes one pulse, so a table is never copied before a matrix.
    return {
        (block.name, operator.name): max(1, int(largest(operator.vectors / operator.matrices)))
        if isinstance(operator, MatMul)
        else 1
        for block in blocks
        for operator in block.operators
        if isinstance(operator, MatMul | Gather)
    }
