"""Tokens follow each other one by one, through a layer and, where nothing forbids it, from layer to layer.

Layers overlap if each weight matrix has units of its own, keys and values stay or are streamed from a memory, no
query sees later keys, and every token passes all of the layer. Neighbouring layers of that kind make one long pipeline:
units of one layer limit it once, and whatever the layers share (engines that take turns, memories, links) limits it by
the sum, on each device that has some of the layers. Other layers are waited for one after another, with the tokens
flowing inside each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from bitline.hardware.chip import Schedule
from bitline.operators import Size
from bitline.timeline.closed_form import layer_s, most
from bitline.timeline.layer import Layer
from bitline.timeline.listing import busy, later, makespan


def blocks(layer: Layer, schedule: Schedule) -> int:  # noqa: ARG001
    """One block per token."""
    return layer.items


def step_s(layers: Sequence[Layer], schedule: Schedule) -> Size:  # noqa: ARG001
    """Add up the pipelines and the layers that stand alone."""
    total: Size = 0.0
    for overlapping, neighbours in _grouped(layers):
        if overlapping:
            total = total + _pipeline_s(neighbours)
        else:
            for layer in neighbours:
                total = total + layer_s(layer, layer.items) * layer.layers
    return total


def pace_s(layers: Sequence[Layer], schedule: Schedule) -> Size:  # noqa: ARG001
    """Give how long a pass keeps what it keeps longest: units, one device's engines, or a block that stands alone."""
    total: Size = 0.0
    alone_s: Size = 0.0
    for overlapping, neighbours in _grouped(layers):
        if overlapping:
            total = total + _busiest_s(neighbours)
        else:
            for layer in neighbours:
                time_s = layer_s(layer, layer.items)
                total = total + time_s * (layer.layers * layer.staged)
                alone_s = later(alone_s, time_s)
    return later(total, alone_s)


def _grouped(layers: Sequence[Layer]) -> Iterator[tuple[bool, list[Layer]]]:
    for overlapping, neighbours in groupby(layers, key=lambda layer: layer.overlaps and layer.items > 1):
        yield overlapping, list(neighbours)


def _pipeline_s(layers: Sequence[Layer]) -> Size:
    whole_s: Size = 0.0
    for layer in layers:
        whole_s = whole_s + makespan(layer.tasks) * layer.layers
    busiest_s = _busiest_s(layers)
    return busiest_s + (whole_s - busiest_s) * (1.0 / layers[0].items)


def _busiest_s(layers: Sequence[Layer]) -> Size:
    common_s: dict[str, Size] = {}
    alone_s: Size = 0.0
    for layer in layers:
        for resource, time_s in busy(layer.tasks).items():
            if "/" in resource and not layer.shared:
                alone_s = later(alone_s, time_s)
            else:
                common_s[resource] = common_s.get(resource, 0.0) + time_s * (layer.layers * layer.staged)
    return later(alone_s, most(common_s.values()))
