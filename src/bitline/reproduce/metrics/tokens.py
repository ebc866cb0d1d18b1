"""Energy of a token while decoding, and how many times less than was printed."""

from __future__ import annotations

from bitline.hardware import Chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import Model


def token_j(*, chip: Chip, model: Model, context: int, batch: int = 1) -> float:
    """Energy of a decode step over its tokens, standing power included."""
    found = estimate(model, chip, Request(batch=batch, prompt=context - 1, generate=2))
    return next(phase.energy_j for phase in found.phases if phase.name == "decode") / batch


def token_energy_gain_over_printed(
    *, chip: Chip, against_tokens_per_s: float, against_w: float, model: Model, context: int
) -> float:
    """Divide what a printed rate and a printed power stand for by our energy of a token."""
    return against_w / against_tokens_per_s / token_j(chip=chip, model=model, context=context)
