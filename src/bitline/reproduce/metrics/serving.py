"""How a processor serves a language model: kernels, steps and whole queries."""

from __future__ import annotations

from collections.abc import Sequence

from bitline.hardware import Chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import Model


def query_s(*, chip: Chip, model: Model, prompt: int, generate: int, batch: int = 1) -> float:
    """Time from the prompt to the last token."""
    return estimate(model, chip, Request(batch=batch, prompt=prompt, generate=generate)).total_s


def step_s(*, chip: Chip, model: Model, context: int, batch: int = 1) -> float:
    """Time of one decode step that looks back on `context` tokens, the new one included."""
    return estimate(model, chip, _step(context, batch)).mean_time_per_token_s


def decode_speedup(*, chip: Chip, against: Chip, model: Model, context: int, batch: int = 1) -> float:
    """Our decode step of the baseline over our decode step of the chip."""
    slow_s = step_s(chip=against, model=model, context=context, batch=batch)
    return slow_s / step_s(chip=chip, model=model, context=context, batch=batch)


def tokens_per_s(*, chip: Chip, model: Model, context: int, batch: int = 1) -> float:
    """Tokens that a decode step makes, over its time."""
    return batch / step_s(chip=chip, model=model, context=context, batch=batch)


def step_operator_s(*, chip: Chip, model: Model, context: int, roles: Sequence[str], batch: int = 1) -> float:
    """Time of the operators with some roles in one layer of a decode step, had each the chip to itself."""
    operators = estimate(model, chip, _step(context, batch)).operators
    return sum(each.time_s / each.layers for each in operators if each.phase == "decode" and each.role in roles)


def step_operator_per_token_s(*, chip: Chip, model: Model, context: int, roles: Sequence[str], batch: int = 1) -> float:
    """Share of one request of a batch in the time of some operators."""
    return step_operator_s(chip=chip, model=model, context=context, roles=roles, batch=batch) / batch


def step_use_fraction(*, chip: Chip, model: Model, context: int, batch: int = 1) -> float:
    """Dense products of a decode step over those that the chip could have done meanwhile."""
    found = estimate(model, chip, _step(context, batch))
    macs = sum(operator.macs for operator in found.operators if operator.phase == "decode")
    return 2.0 * macs / found.mean_time_per_token_s / found.peak_ops_per_s


def query_power_w(*, chip: Chip, model: Model, prompt: int, generate: int, batch: int = 1) -> float:
    """Mean power from the prompt to the last token."""
    found = estimate(model, chip, Request(batch=batch, prompt=prompt, generate=generate))
    return found.energy_j / found.total_s


def _step(context: int, batch: int) -> Request:
    return Request(batch=batch, prompt=context - 1, generate=2)
