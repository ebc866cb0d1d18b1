"""`bitline estimate`: costs alone, without torch."""

from __future__ import annotations

from typing import Annotated

import typer

from bitline.cli.answer import check_files, give
from bitline.cli.options import Json, Model, On, Report, Sinks, Trace, Window
from bitline.verbs.request import Request

USUAL = Request()


def estimate(
    model: Model,
    on: On,
    prompt: Annotated[int, typer.Option(help="Tokens of each prompt.")] = USUAL.prompt,
    generate: Annotated[int, typer.Option(help="Tokens to make for each.")] = USUAL.generate,
    batch: Annotated[int, typer.Option(help="Requests that go together.")] = USUAL.batch,
    window: Window = None,
    sinks: Sinks = 0,
    report: Report = None,
    trace: Trace = None,
    json: Json = False,
) -> None:
    """Estimate time, energy and area of a model on a chip."""
    from bitline.verbs.described import looking_back
    from bitline.verbs.estimate import estimate as estimate_cost

    request = Request(batch=batch, prompt=prompt, generate=generate)
    check_files(report, trace)
    give(estimate_cost(looking_back(model, window, sinks), on, request), json=json, report=report, trace=trace)
