"""`bitline compare`: one model on many chips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bitline.cli.answer import check_files
from bitline.cli.options import Json, Model, Report, Sinks, Window


def compare(
    model: Model,
    on: Annotated[
        str,
        typer.Option(
            metavar="CHIPS", help="Names, patterns (`cambricon-*`) or paths of chips with commas between; `all`."
        ),
    ],
    prompt: Annotated[int | None, typer.Option(help="Tokens of each prompt.", show_default="512")] = None,
    generate: Annotated[
        int | None, typer.Option(help="Tokens to make for each.", show_default="128, 0 for an encoder")
    ] = None,
    batch: Annotated[int | None, typer.Option(help="Requests that go together.", show_default="1")] = None,
    window: Window = None,
    sinks: Sinks = 0,
    table: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the tables as Markdown.")] = None,
    report: Report = None,
    json: Json = False,
) -> None:
    """Compare chips: time to first token, tokens per second, joules per token, room, bottleneck, a line for each."""
    from dataclasses import replace

    check_files(report, table)
    from bitline.report.comparison import give
    from bitline.verbs.compare import compare as compare_chips
    from bitline.verbs.compare import usual
    from bitline.verbs.described import looking_back

    known = looking_back(model, window, sinks)
    asked = {"prompt": prompt, "generate": generate, "batch": batch}
    request = replace(usual(known), **{name: value for name, value in asked.items() if value is not None})
    chips = [name.strip() for name in on.split(",") if name.strip()]
    give(compare_chips(known, chips, request), json=json, report=report, table=table)
