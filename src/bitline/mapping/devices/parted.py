"""A step of all requests on all devices, cut down to one pass of one device."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from bitline.hardware.chip import Chip
from bitline.hardware.devices import Devices
from bitline.mapping.devices.experts import dealt
from bitline.mapping.devices.matrices import cut
from bitline.mapping.devices.parts import Parts
from bitline.mapping.devices.requests import portion
from bitline.mapping.graph import in_order
from bitline.mapping.identity import Same
from bitline.operators import Block, Exchange, Workload, made

KNOWN_STEPS = 256


def parts_of(workload: Workload, chip: Chip) -> Parts:
    """Say how a chip's schedule and devices part a step."""
    schedule, devices = chip.schedule, chip.devices
    requests = -(-workload.requests // devices.expert)
    stages = min(devices.pipeline, requests)
    left = -(-requests // stages)
    interleaved = 1
    if schedule.policy == "sub_batch" and workload.requests >= schedule.least_batch:
        interleaved = min(schedule.sub_batches, left)
    dealt = workload.requests / requests
    return Parts(stages, interleaved, int(dealt) if dealt.is_integer() else dealt, dealt / devices.expert)


def of_one_device(workload: Workload, chip: Chip) -> Workload:
    """Give the operators of one pass of one device of each stage; the workload itself where nothing is parted."""
    parts = parts_of(workload, chip)
    if parts.passes == 1 and chip.devices.all == 1:
        return workload
    return _parted(Same(workload), chip.devices, parts)


@lru_cache(maxsize=KNOWN_STEPS)
def _parted(same: Same[Workload], devices: Devices, parts: Parts) -> Workload:
    workload = portion(same.value, parts.passes * parts.dealt)
    blocks = []
    for block in workload.blocks:
        if block.operators:
            ordered, _ = in_order(block)
            mine = dealt(ordered, devices.expert, parts.dealt)
            scored = workload.tokens if devices.scores_prompts else None
            blocks.append(cut(mine, devices.tensor, gathers_scores=devices.gathers_scores, scored_tokens=scored))
    hands = min(devices.pipeline, sum(block.repeat for block in blocks if block.repeat > 1)) - 1
    if hands > 0:
        blocks.append(_handed_over(blocks, devices.pipeline, hands))
    return replace(workload, blocks=tuple(blocks))


def _handed_over(blocks: list[Block], stages: int, hands: int) -> Block:
    """Pass what a layer makes on to the next stage; stages without any layer are not passed."""
    layer = max(blocks, key=lambda block: block.repeat)
    last = next(o for o in reversed(layer.operators) if not isinstance(o, Exchange))
    passed = Exchange(name="hand_over", role="hand_over", elements=made(last), devices=stages)
    return Block(name="stages", operators=(passed,), repeat=hands)
