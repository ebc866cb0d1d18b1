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
from bitline.timeline.stages import stage_fraction, staged_s


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


def time_of(plan: Plan, chip: Chip, activity: Mapping[str, Activity] | None = None) -> Timing:
    """Price a plan, for data of some activity, and schedule it."""
    priced = prices(chip, activity)
    steps = plan.context.size if isinstance(plan.context, np.ndarray) and plan.context.ndim else 1
    staged = stage_fraction(plan, chip.devices.pipeline)
    layers = tuple(layer(block, plan, chip, priced, steps, staged) for block in plan.blocks)
    how, schedule = policy(chip.schedule.policy), chip.schedule
    step_s = staged_s(layers, plan, chip)
    time_s = np.broadcast_to(np.asarray(step_s, dtype=np.float64), (steps,))
    blocks = tuple([how.blocks(one, schedule) for one in layers])
    return Timing(time_s=time_s, layers=layers, blocks=blocks, passes=plan.parts.passes)
