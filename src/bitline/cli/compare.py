"""`bitline compare`: one model on many chips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bitline.cli.options import Json, Model
from bitline.verbs.request import Request


def compare(
    model: Model,
    on: Annotated[str, typer.Option(metavar="CHIPS", help="Names or paths of chips, with commas between them.")],
    prompt: Annotated[int, typer.Option(help="Tokens of each prompt.")] = 512,
    generate: Annotated[int, typer.Option(help="Tokens to make for each.")] = 128,
    batch: Annotated[int, typer.Option(help="Requests that go together.")] = 1,
    table: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table as Markdown.")] = None,
    json: Json = False,
) -> None:
    """Time to first token, tokens per second, joules per token, bottleneck: one line for each chip."""
    from bitline.cli.answer import check_files
    from bitline.report.comparison import comparison_json, save_comparison, shown
    from bitline.report.terminal import show
    from bitline.verbs.compare import compare as compare_chips

    check_files(table)
    chips = [name.strip() for name in on.split(",") if name.strip()]
    found = compare_chips(model, chips, Request(batch=batch, prompt=prompt, generate=generate))
    if table is not None:
        save_comparison(found, table)
    if json:
        print(comparison_json(found))
    else:
        show(shown(found))
