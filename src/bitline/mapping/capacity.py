"""The sentences about weights that do not fit: how much is missing, and what would fit."""

from __future__ import annotations

import numpy as np

from bitline.errors import CapacityError
from bitline.hardware.array import Hierarchy
from bitline.hardware.chip import Chip
from bitline.mapping.plan import Holding
from bitline.operators import Workload


def too_small(workload: Workload, chip: Chip, engine: str, holdings: tuple[Holding, ...]) -> CapacityError:
    """Say how many arrays and weights are missing, how many layers fit, and how many tiles or chips would do."""
    units = chip.engines[engine].units * chip.devices.pipeline
    needed = sum(h.units * h.layers for h in holdings)
    weights = sum(h.weights * h.layers for h in holdings)
    without = round(weights * (needed - units) / needed)
    hierarchy = getattr(chip.engines[engine], "hierarchy", None)
    tiles = ""
    if isinstance(hierarchy, Hierarchy):
        per_tile = hierarchy.arrays_per_core * hierarchy.cores_per_tile
        tiles = f"{-(-needed // (per_tile * chip.devices.pipeline)):,} tiles (now {hierarchy.tiles:,}) or "
    return CapacityError(
        f"{workload.name} does not fit {chip.name}: engine {engine!r} has {units:,} arrays and the {weights:,} weights "
        f"placed on it need {needed:,}, {needed - units:,} too few (about {without:,} weights without a place). "
        f"{_of_group(chip)}{_fitting(units, holdings)} To hold everything: {tiles}{-(-needed // units):,} such "
        f"{'chips' if chip.devices.all == 1 else 'groups'}. "
        f"Or set schedule.reload: true to rewrite weights during each step.",
        needed=needed, room=units, unit="arrays",
    )  # fmt: skip


def memory_too_small(
    chip: Chip, memory: str, *, room_bytes: float, needed_bytes: float, cache_bytes: float
) -> CapacityError:
    """Say how many bytes are missing, and how many of the needed are keys and values."""
    what, told = "weights", ""
    if cache_bytes:
        what = "keys and values" if cache_bytes >= needed_bytes else "weights with keys and values"
        alone = needed_bytes - cache_bytes > room_bytes
        fewer = "too many without them too" if alone else "fewer requests or shorter contexts need less"
        told = f"Keys and values are {_written(cache_bytes)} of them: {fewer}. "
    return CapacityError(
        f"{chip.name}: memory {memory!r} holds {_written(room_bytes)}, and {what} need {_written(needed_bytes)}: "
        f"{_written(needed_bytes - room_bytes)} too few. {told}"
        f"{-(-needed_bytes // room_bytes):,.0f} such memories would hold all. {_of_group(chip)}".rstrip(),
        needed=needed_bytes, room=room_bytes, unit="bytes",
    )  # fmt: skip


def _written(number_bytes: float) -> str:
    """Write bytes with four digits and a prefix."""
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if number_bytes >= unit:
            return f"{number_bytes / unit:.4g} {name}"
    return f"{number_bytes:,.0f} bytes"


def cache_too_large(workload: Workload, chip: Chip, engine: str, needed: int) -> CapacityError:
    """Say that the keys and values of all layers do not fit the units that are to keep them."""
    units, longest = chip.engines[engine].units * chip.devices.pipeline, int(np.max(workload.context))
    return CapacityError(
        f"{workload.name} does not fit {chip.name}: engine {engine!r} has {units:,} units, and keys and values of "
        f"{workload.batch} x {longest:,} tokens need {needed:,} on it, {needed - units:,} too few. Room for about "
        f"{longest * units // needed:,} tokens of each request, or {-(-needed // units):,} such "
        f"{'chips' if chip.devices.all == 1 else 'groups'}. {_of_group(chip)}".rstrip(),
        needed=needed, room=units, unit="arrays",
    )  # fmt: skip


def room_too_small(workload: Workload, engine: str, units: int, holding: Holding) -> CapacityError:
    """Say that even one matrix at a time does not fit."""
    return CapacityError(
        f"{workload.name}: operator {holding.operator!r} of block {holding.block!r} needs {holding.units:,} arrays for "
        f"one layer, and engine {engine!r} has {units:,}. Reloading writes one operator at a time, so it needs "
        f"at least that many.",
        needed=holding.units, room=units, unit="arrays",
    )  # fmt: skip


def _of_group(chip: Chip) -> str:
    """Say what numbers of a group of devices stand for."""
    devices = chip.devices
    if devices.all == 1:
        return ""
    shared = f"one of {devices.together} devices that share every layer" if devices.together > 1 else ""
    staged = f"{devices.pipeline} stages together, until one is full" if devices.pipeline > 1 else ""
    return f"These are numbers of {', '.join(words for words in (shared, staged) if words)}. "


def _fitting(units: int, holdings: tuple[Holding, ...]) -> str:
    layers = max(h.layers for h in holdings)
    block = next(h.block for h in holdings if h.layers == layers)
    per_layer = sum(h.units for h in holdings if h.block == block)
    others = sum(h.units * h.layers for h in holdings if h.block != block)
    fit = min(layers, max(0, units - others) // per_layer) if per_layer else 0
    beside = " beside the other blocks" if others else ""
    return f"It would hold {fit} of {layers} layers of block {block!r}{beside}."
