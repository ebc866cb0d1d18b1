"""All tokens through one operator, then through the next; only what does not wait for each other runs side by side."""

from __future__ import annotations

from collections.abc import Sequence

from bitline.hardware.chip import Schedule
from bitline.operators import Size
from bitline.timeline.closed_form import layer_s
from bitline.timeline.layer import Layer


def blocks(layer: Layer, schedule: Schedule) -> int:  # noqa: ARG001
    """One: tokens are never parted."""
    return 1


def step_s(layers: Sequence[Layer], schedule: Schedule) -> Size:  # noqa: ARG001
    """Add up the layers."""
    total: Size = 0.0
    for layer in layers:
        total = total + layer_s(layer, 1) * layer.layers
    return total
