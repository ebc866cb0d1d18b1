"""What a report is made from: an estimate alone, or a run, which adds how accurate the model stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from bitline.verbs.outcome import Estimate
from bitline.verbs.request import Request

if TYPE_CHECKING:
    from bitline.verbs.run import Measured, Run

Result: TypeAlias = "Estimate | Run"


def cost_of(result: Result) -> Estimate:
    """Give the costs."""
    return result if isinstance(result, Estimate) else result.estimate


def measured_of(result: Result) -> Measured | None:
    """Give the accuracy, if it was measured."""
    return None if isinstance(result, Estimate) else result.measured


def in_use_of(result: Result) -> Estimate | None:
    """Give the costs with the activity of data, if it was measured."""
    return None if isinstance(result, Estimate) else result.in_use


def title_of(result: Result) -> str:
    """Name model and chip."""
    cost = cost_of(result)
    return f"{cost.model} on {cost.chip}"


def request_of(result: Result) -> str:
    """Say what was asked, in one line."""
    cost = cost_of(result)
    return f"{asked(cost.request)}; {cost.policy.replace('_', ' ')} schedule"


def asked(request: Request) -> str:
    """Write a request in one line."""
    tokens = "token" if request.prompt == 1 else "tokens"
    return f"batch {request.batch}, {request.prompt:,} {tokens} in, {request.generate:,} out"
