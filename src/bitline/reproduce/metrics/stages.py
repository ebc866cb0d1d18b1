"""Stages of a request as simulators print them: of the prompt, or the mean of the steps that make tokens after it."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from bitline.hardware import Chip
from bitline.verbs.estimate import estimate
from bitline.verbs.outcome import Estimate, PhaseCost
from bitline.verbs.request import Request
from bitline.workload import Model


def stage_s(*, chip: Chip, model: Model, prompt: int, roles: Sequence[str], generate: int = 0, batch: int = 1) -> float:
    """Time of the operators with some roles over all layers, had each the chip to itself.

    Of a product on several engines, what the slowest takes. In the prefill, or in a mean step if any token beyond the
    first is made.
    """
    found = estimate(model, chip, Request(batch=batch, prompt=prompt, generate=generate))
    phase = _phase(found)
    slowest: dict[tuple[str, str, int], float] = {}
    for each in found.operators:
        if each.phase == phase.name and each.role in roles:
            key = each.block, each.name.partition("@")[0], each.layers
            slowest[key] = max(slowest.get(key, 0.0), each.time_s)
    return sum(slowest.values()) / phase.steps


def stage_energy_j(
    *,
    chip: Chip,
    model: Model,
    prompt: int,
    roles: Sequence[str] = ("*",),
    parts: Sequence[str] = ("*",),
    generate: int = 0,
    batch: int = 1,
) -> float:
    """Energy of the operators with some roles that goes to some parts (patterns), of all devices, without leakage.

    In the prefill, or in a mean step if any token beyond the first is made.
    """
    phase = _phase(estimate(model, chip, Request(batch=batch, prompt=prompt, generate=generate)))
    spent = sum(
        uses * price.energy_j * layer.layers
        for layer in phase.timing.layers
        for bill in layer.bills
        if _any(bill.seat.operator.role, roles)
        for price, uses in bill.uses.items()
        if _any(price.name, parts)
    )
    return spent * phase.timing.passes / phase.steps


def _phase(found: Estimate) -> PhaseCost:
    """Give the last phase: the steps, or the prefill where there are none."""
    return found.phases[-1]


def _any(word: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(word, pattern) for pattern in patterns)
