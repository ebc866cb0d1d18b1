"""Joules of one decoder layer on one device, by the parts that they go to: what a simulator of commands prints."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from bitline.hardware import Chip
from bitline.reproduce.metrics.parallel import layer_s
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import Model


def layer_command_j(
    *, chip: Chip, model: Model, context: int, parts: Sequence[str], batch: int = 1, block: str = "layers"
) -> float:
    """Energy that one layer of a decode step spends on some parts (patterns), standing power left out."""
    found = estimate(model, chip, Request(batch=batch, prompt=context - 1, generate=2))
    layers = next(phase for phase in found.phases if phase.name == "decode").timing.layers
    spent = sum(
        uses * price.energy_j
        for layer in layers
        if layer.name == block
        for bill in layer.bills
        for price, uses in bill.uses.items()
        if _any(price.name, parts)
    )
    return float(spent) / chip.devices.all


def layer_standing_j(
    *, chip: Chip, model: Model, context: int, parts: Sequence[str], batch: int = 1, block: str = "layers"
) -> float:
    """Standing power of some parts (patterns), refreshes too, for as long as one layer takes."""
    standing_w: dict[str, float] = {
        name: part.leakage_w.typical * part.instances
        for engine, one in chip.engines.items()
        for part in one.parts(chip)
        for name in [part.name if part.name.startswith("memory.") else f"{engine}.{part.name}"]
        if _any(name, parts)
    }
    return sum(standing_w.values()) * layer_s(chip=chip, model=model, context=context, batch=batch, block=block)


def _any(word: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(word, pattern) for pattern in patterns)
