"""What printed numbers say of each other: no chip is evaluated here, only the model's operations."""

from __future__ import annotations

from bitline.operators import MatMul
from bitline.workload import Model, prefill


def operations(*, model: Model, prompt: int, batch: int = 1, block: str = "layers") -> float:
    """Two per multiply-accumulate, over all layers; what stands before and after them is not counted."""
    blocks = (each for each in prefill(model, batch, prompt).blocks if each.name == block)
    return float(sum(2 * each.repeat * o.macs for each in blocks for o in each.operators if isinstance(o, MatMul)))


def implied_energy_j(*, model: Model, prompt: int, printed_ops_per_j: float) -> float:
    """Energy that a printed efficiency stands for."""
    return operations(model=model, prompt=prompt) / printed_ops_per_j


def implied_power_w(*, model: Model, prompt: int, printed_ops_per_j: float, printed_latency_s: float) -> float:
    """Power that a printed efficiency and a printed latency stand for."""
    return implied_energy_j(model=model, prompt=prompt, printed_ops_per_j=printed_ops_per_j) / printed_latency_s


def implied_ops_per_s(*, model: Model, prompt: int, printed_latency_s: float) -> float:
    """Operations per second that a printed latency stands for."""
    return operations(model=model, prompt=prompt) / printed_latency_s


def quotient(*, printed: float, over: float) -> float:
    """One printed number over another."""
    return printed / over


def implied_rate_ops_per_j(*, ops_per_s: float, power_w: float) -> float:
    """Efficiency that a printed rate and a printed power stand for."""
    return ops_per_s / power_w
