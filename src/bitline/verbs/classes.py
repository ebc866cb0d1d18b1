"""Where time and energy go, by what operators are for."""

from __future__ import annotations

from collections.abc import Mapping

from bitline.operators import Gather, MatMul, Operator, Route, Vector
from bitline.timeline.critical import waits
from bitline.verbs.outcome import Estimate, PhaseCost

CLASSES = ("projections", "attention", "feed-forward", "vocabulary", "functions", "lookups", "exchange")
"""Products with the weights around attention, with keys and values, with those of the feed-forward network or experts,
and with the head; functions of vectors; embedding and cache rows moved; parts of sums between devices."""
STANDING = "standing"
"""What is drawn all the time, whatever runs."""
FEED_FORWARD = frozenset(
    ("gate", "up", "down", "expert_gate", "expert_up", "expert_down", "shared_gate", "shared_up", "shared_down",
     "router", "shared_router")
)  # fmt: skip
HEAD = frozenset(("lm_head", "classifier", "pooler", "transform", "output_projection"))


def class_of(operator: Operator) -> str:
    """Name what an operator is for."""
    match operator:
        case MatMul(stationary="weight", role=role):
            return "feed-forward" if role in FEED_FORWARD else "vocabulary" if role in HEAD else "projections"
        case MatMul():
            return "attention"
        case Vector() | Route():
            return "functions"
        case Gather():
            return "lookups"
    return "exchange"


def time_by_class(phase: PhaseCost) -> Mapping[str, float]:
    """Share the time of a phase out over classes by what the chip waits for.

    Adds up to the time of the phase. What fills and drains a flow of tokens is shared like the rest, and operators that
    overlap share the time by what each takes alone.
    """
    found = dict.fromkeys(CLASSES, 0.0)
    for layer, blocks in zip(phase.timing.layers, phase.timing.blocks, strict=True):
        classes = {bill.seat.operator.name: class_of(bill.seat.operator) for bill in layer.bills}
        for (_, name), seconds in waits(layer, blocks, phase.steps).items():
            found[classes[name]] += seconds * layer.layers
    total = sum(found.values())
    return {name: phase.time_s * seconds / total for name, seconds in found.items() if seconds} if total else {}


def energy_by_class(cost: Estimate) -> Mapping[str, float]:
    """Share the energy of a request out over classes, and what leaks or is drawn all the time under its own name."""
    found = dict.fromkeys(CLASSES, 0.0)
    for phase in cost.phases:
        for layer in phase.timing.layers:
            for bill in layer.bills:
                found[class_of(bill.seat.operator)] += bill.energy_j * layer.layers * phase.timing.passes
    total, used_j = sum(found.values()), cost.energy_j - cost.leakage_j
    shared = {name: used_j * energy_j / total for name, energy_j in found.items() if energy_j} if total else {}
    return {**shared, STANDING: cost.leakage_j}
