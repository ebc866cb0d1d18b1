"""All tokens through one operator, then through the next, but attention goes head by head."""

from __future__ import annotations

from collections.abc import Sequence

from bitline.hardware.chip import Schedule
from bitline.operators import Size
from bitline.timeline.by_head import by_head
from bitline.timeline.layer import Layer
from bitline.timeline.listing import makespan


def blocks(layer: Layer, schedule: Schedule) -> int:  # noqa: ARG001
    """One: tokens are never parted."""
    return 1


def step_s(layers: Sequence[Layer], schedule: Schedule) -> Size:
    """Add up the layers."""
    total: Size = 0.0
    for layer in layers:
        total = total + (layer.write_s + makespan(by_head(layer, schedule.by_head))) * layer.layers
    return total
