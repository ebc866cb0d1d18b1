"""Parts of a batch take turns: while one is at its weights, another is at its keys and values.

Each part goes through the layers on its own, so that the engines always find work: a layer takes as long as all parts
keep its busiest resource, or as one part takes to pass it. The first layer also fills the pipeline. Attention goes
head by head. A batch below the schedule's least is not parted. Against a replay of two parts whose functions are
short, half are exact and nine in ten lie between 7 % too short and 2 % too long; parts that meet on a resource in an
unlucky order take up to half as long again.
"""

from __future__ import annotations

from collections.abc import Sequence

from bitline.hardware.chip import Schedule
from bitline.operators import Size
from bitline.timeline.by_head import by_head
from bitline.timeline.closed_form import most
from bitline.timeline.layer import Layer
from bitline.timeline.listing import busy, later, makespan


def blocks(layer: Layer, schedule: Schedule) -> int:  # noqa: ARG001
    """Parts of the batch."""
    return layer.passes


def step_s(layers: Sequence[Layer], schedule: Schedule) -> Size:
    """Give the longer of what keeps the busiest resource, filling included, and of what one part waits for itself."""
    chain_s: Size = 0.0
    busiest_s: Size = 0.0
    fill_s: Size = 0.0
    write_s: Size = 0.0
    for layer in layers:
        tasks = by_head(layer, schedule.by_head)
        once_s = makespan(tasks) * (1.0 / layer.passes)
        paced_s = most(busy(tasks).values())
        chain_s = chain_s + once_s * layer.layers
        busiest_s = busiest_s + paced_s * layer.layers
        fill_s = later(fill_s, once_s - paced_s * (1.0 / layer.passes))
        write_s = write_s + layer.write_s * layer.layers
    return write_s + later(chain_s, busiest_s + fill_s)
