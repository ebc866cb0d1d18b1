"""Operations per second of a whole pass, and which operators its time goes to."""

from __future__ import annotations

from collections.abc import Sequence

from bitline.hardware import Chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import Model


def ops_per_s(*, chip: Chip, model: Model, prompt: int, batch: int = 1, roles: Sequence[str] = ()) -> float:
    """Dense operations of a prefill (two per multiply-accumulate) over its time.

    With roles: their operations over the sum of their own times, one after another.
    """
    found = estimate(model, chip, Request(batch=batch, prompt=prompt))
    if not roles:
        return 2.0 * found.macs / found.time_to_first_token_s
    named = [operator for operator in found.operators if operator.role in roles]
    return 2.0 * sum(operator.macs for operator in named) / sum(operator.time_s for operator in named)


def roles_ops_per_j(*, chip: Chip, model: Model, prompt: int, roles: Sequence[str], batch: int = 1) -> float:
    """Operations of some roles over their own energy and the chip's standing power for the sum of their times."""
    found = estimate(model, chip, Request(batch=batch, prompt=prompt))
    named = [operator for operator in found.operators if operator.role in roles]
    leakage_w = found.leakage_j / found.total_s
    spent_j = sum(operator.energy_j + leakage_w * operator.time_s for operator in named)
    return 2.0 * sum(operator.macs for operator in named) / spent_j


def time_share_fraction(*, chip: Chip, model: Model, prompt: int, roles: Sequence[str], batch: int = 1) -> float:
    """Own time of the operators with some roles over that of all, as if they took turns."""
    operators = estimate(model, chip, Request(batch=batch, prompt=prompt)).operators
    return sum(o.time_s for o in operators if o.role in roles) / sum(o.time_s for o in operators)
