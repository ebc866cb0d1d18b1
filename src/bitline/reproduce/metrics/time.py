"""How long, and how many times faster."""

from __future__ import annotations

from collections.abc import Sequence

from bitline.hardware import Chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import Model


def latency_s(*, chip: Chip, model: Model, prompt: int, batch: int = 1) -> float:
    """Time of the prefill; for an encoder the whole inference."""
    return estimate(model, chip, Request(batch=batch, prompt=prompt)).time_to_first_token_s


def time_per_token_s(*, chip: Chip, model: Model, prompt: int, generate: int, batch: int = 1) -> float:
    """Mean time of a decode step."""
    return estimate(model, chip, Request(batch=batch, prompt=prompt, generate=generate)).mean_time_per_token_s


def operator_time_s(*, chip: Chip, model: Model, prompt: int, roles: Sequence[str], generate: int = 0) -> float:
    """Time of the operators with some roles in one layer, had each the chip to itself.

    In the prefill, or in all decode steps if any token beyond the first is made.
    """
    operators = estimate(model, chip, Request(prompt=prompt, generate=generate)).operators
    phase = "decode" if generate > 1 else "prefill"
    return sum(each.time_s / each.layers for each in operators if each.phase == phase and each.role in roles)


def speedup(*, chip: Chip, against: Chip, model: Model, prompt: int, batch: int = 1) -> float:
    """Our latency of the baseline over our latency of the chip."""
    slow = latency_s(chip=against, model=model, prompt=prompt, batch=batch)
    return slow / latency_s(chip=chip, model=model, prompt=prompt, batch=batch)


def speedup_over_printed(*, chip: Chip, against_s: float, model: Model, prompt: int, batch: int = 1) -> float:
    """Divide the latency that was printed for the baseline by our latency of the chip."""
    return against_s / latency_s(chip=chip, model=model, prompt=prompt, batch=batch)


def speedup_growth(
    *, chip: Chip, against: Chip, model: Model, prompt: int, longer_prompt: int, batch: int = 1
) -> float:
    """Speedup at a longer prompt over that at a shorter one: below 1 where it falls."""
    long = speedup(chip=chip, against=against, model=model, prompt=longer_prompt, batch=batch)
    return long / speedup(chip=chip, against=against, model=model, prompt=prompt, batch=batch)
