"""Passes of a step that several devices, each with layers of its own, work on at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bitline.hardware.chip import Chip
from bitline.mapping.plan import Plan
from bitline.operators import MatMul, Size
from bitline.timeline.closed_form import most
from bitline.timeline.layer import Layer
from bitline.timeline.listing import later
from bitline.timeline.policies.choice import policy


def stage_fraction(plan: Plan, stages: int) -> float:
    """Give the share of the layers that the stage with most of them has."""
    if stages == 1:
        return 1.0
    layers: dict[str, int] = {}
    for block in plan.blocks:
        if any(isinstance(seat.operator, MatMul) for seat in block.seats):
            layers[block.name] = layers.get(block.name, 0) + block.layers
    # Layers of several kinds are dealt out together; a block that stands once is no layer.
    dealt = sum(count for count in layers.values() if count > 1) or 1
    return -(-dealt // stages) / dealt


def staged_s(layers: Sequence[Layer], plan: Plan, chip: Chip) -> Size:
    """Give the time of a step, of which several passes are on their way at once.

    A pass may follow another when the stage that takes longest is free again: the one with most layers, or with one
    that takes longer than those. Steps that make one token for each request follow each other without a gap: a pass
    begins anew as soon as it has ended. A prompt fills the stages first.
    """
    how, schedule, passes = policy(chip.schedule.policy), chip.schedule, plan.parts.stages
    pass_s = how.step_s(layers, schedule)
    if chip.devices.pipeline == 1 or passes == 1:
        return pass_s
    if how.pace_s is not None:
        pace_s = how.pace_s(layers, schedule)
    else:
        layer_s = most(how.step_s((replace(layer, layers=1),), schedule) for layer in layers)
        pace_s = later(pass_s * stage_fraction(plan, chip.devices.pipeline), layer_s)
    return later(pass_s, pace_s * passes) if plan.tokens == 1 else pass_s + pace_s * (passes - 1)
