"""A plan, priced: the time of a step under the chip's policy, and the layers it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from bitline.hardware.activity import Activity
from bitline.hardware.chip import Chip
from bitline.mapping.plan import Plan
from bitline.timeline.event import Event
from bitline.timeline.events import events
from bitline.timeline.layer import Layer, layer
from bitline.timeline.policies.choice import policy
from bitline.timeline.prices import prices


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One step, or steps at every context length of an axis."""

    time_s: NDArray[np.float64]
    """Of each step, shape `[contexts]`; one entry where the context is a number."""
    layers: tuple[Layer, ...]
    blocks: tuple[int, ...]
    """Into how many blocks of tokens each layer is cut."""
    passes: int = 1
    """Passes that make a step: the layers are those of one of them."""

    @property
    def longest(self) -> int:
        """Number of the layer that most time goes to, all its repeats together."""
        spent = [sum(b.total_s for b in one.bills) * one.layers for one in self.layers]
        return spent.index(max(spent))

    def events(self) -> tuple[Event, ...]:
        """Play one of the longest layers through, at the last context."""
        return events(self.layers[self.longest], self.blocks[self.longest])


def in_turn(plan: Plan, stages: int) -> float:
    """Give the time of a step over that of a pass through all stages, of which several are on their way at once.

    Steps that make one token for each request follow each other without a gap: a pass begins anew as soon as it has
    ended. A prompt fills the stages first. The stage with most layers sets the pace.
    """
    if stages == 1:
        return 1.0
    layers = max(sum(block.layers for block in plan.blocks if block.name == one.name) for one in plan.blocks)
    longest = -(-layers // stages) / layers
    passes = plan.parts.stages
    return max(1.0, passes * longest) if plan.tokens == 1 else 1.0 + (passes - 1) * longest


def time_of(plan: Plan, chip: Chip, activity: Mapping[str, Activity] | None = None) -> Timing:
    """Price a plan, for data of some activity, and schedule it."""
    priced = prices(chip, activity)
    steps = plan.context.size if isinstance(plan.context, np.ndarray) and plan.context.ndim else 1
    layers = tuple(layer(block, plan, chip, priced, steps) for block in plan.blocks)
    how, schedule = policy(chip.schedule.policy), chip.schedule
    step_s = how.step_s(layers, schedule) * in_turn(plan, chip.devices.pipeline)
    time_s = np.broadcast_to(np.asarray(step_s, dtype=np.float64), (steps,))
    blocks = tuple([how.blocks(one, schedule) for one in layers])
    return Timing(time_s=time_s, layers=layers, blocks=blocks, passes=plan.parts.passes)
