"""Tokens go in blocks, so that engines work on different blocks of one layer; layers follow one another.

Blocks of all requests count alike. In a layer where every query sees later keys, what follows attention starts
when the whole sequence has passed it; up to there, blocks of queries and keys meet tile by tile with a running softmax.
"""

from __future__ import annotations

from collections.abc import Sequence

from bitline.hardware.chip import Schedule
from bitline.operators import Size
from bitline.timeline.closed_form import layer_s
from bitline.timeline.layer import Layer


def blocks(layer: Layer, schedule: Schedule) -> int:
    """Blocks that hold the layer's tokens."""
    return -(-layer.items // schedule.block_tokens)


def step_s(layers: Sequence[Layer], schedule: Schedule) -> Size:
    """Add up the layers, each the flow of its blocks."""
    total: Size = 0.0
    for layer in layers:
        total = total + layer_s(layer, blocks(layer, schedule)) * layer.layers
    return total
