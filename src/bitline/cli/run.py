"""`bitline run`: the main job, accuracy and costs of a model on a chip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bitline.cli.answer import check_files, give
from bitline.cli.options import Json, Report, Trace

if TYPE_CHECKING:
    from bitline.verbs.request import Request

AS_ROOM = "128, less if the model has fewer positions"
"""What prompt and generate are if not given: only the model knows."""


def run(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="`embedded`, a folder with a checkpoint, or a preset's name.")
    ] = "embedded",
    on: Annotated[str, typer.Option(metavar="CHIP", help="A chip's name or the path of its description.")] = "default",
    prompt: Annotated[int | None, typer.Option(help="Tokens of each prompt.", show_default=AS_ROOM)] = None,
    generate: Annotated[int | None, typer.Option(help="Tokens to make for each.", show_default=AS_ROOM)] = None,
    batch: Annotated[int | None, typer.Option(help="Requests that go together.", show_default="1")] = None,
    text: Annotated[Path | None, typer.Option(metavar="FILE", help="Text to score; embedded needs none.")] = None,
    tokens: Annotated[int | None, typer.Option(help="About how many tokens to score.", show_default="4096")] = None,
    seeds: Annotated[int | None, typer.Option(help="Chips to try, each with its own errors.", show_default="3")] = None,
    plan: Annotated[
        str | None,
        typer.Option(
            metavar="PLAN", show_default="auto", help="How to compute: auto, fold, lossless, exact or statistical."
        ),
    ] = None,
    age: Annotated[float | None, typer.Option(help="Seconds after programming.", show_default="0")] = None,
    kelvin: Annotated[float | None, typer.Option(help="Temperature while reading.", show_default="the chip's")] = None,
    activity: Annotated[
        bool, typer.Option("--activity", help="Watch the data, and give the energy with them too.")
    ] = False,
    report: Report = None,
    trace: Trace = None,
    json: Json = False,
) -> None:
    """Tell how accurate a model stays on a chip, and what it takes: time, energy and area."""
    check_files(report, trace)
    request = _request(model, {"prompt": prompt, "generate": generate, "batch": batch})
    from bitline.cli.progress import shown
    from bitline.verbs.run import Trial
    from bitline.verbs.run import run as run_model

    given: dict[str, object] = {"text": text, "tokens": tokens, "seeds": seeds, "plan": plan, "activity": activity}
    given |= {"age_s": age, "temperature_k": kelvin}
    trial = Trial(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    with shown() as progress:
        result = run_model(model, on, request, trial=trial, progress=progress)
    give(result, json=json, report=report, trace=trace)


def _request(model: str, given: dict[str, int | None]) -> Request:
    """Ask for what is usual with this model, with what the user says changed."""
    from dataclasses import replace

    from bitline.verbs.described import described, usual_request

    usual = usual_request(described(model))
    return replace(usual, **{name: value for name, value in given.items() if value is not None})
