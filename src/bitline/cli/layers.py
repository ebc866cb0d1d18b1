"""`bitline layers`: a table of what each operator takes, for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bitline.cli.answer import check_files
from bitline.cli.options import Model, On, Sinks, Window


def layers(
    model: Model,
    on: On,
    tokens: Annotated[
        str, typer.Option(metavar="LIST", help="Tokens each request puts through: 1 for decode steps.")
    ] = "1,128,512",
    context: Annotated[
        str, typer.Option(metavar="LIST", help="Tokens it looks back on, those included; shorter ones are left out.")
    ] = "128,256,512,1024,2048",
    batch: Annotated[str, typer.Option(metavar="LIST", help="Requests that go together.")] = "1,8,32",
    window: Window = None,
    sinks: Sinks = 0,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write there, not on the screen.")] = None,
) -> None:
    """Write a CSV table of every operator: tokens, context, batch, seconds and joules."""
    from bitline.report.layer_table import save_layer_costs, to_csv
    from bitline.systems import load_chip
    from bitline.verbs.described import looking_back
    from bitline.verbs.layer_costs import layer_costs

    check_files(csv)
    wanted, chip = looking_back(model, window, sinks), load_chip(on)
    contexts = _counts("context", context)
    costs = [
        cost
        for many in _counts("tokens", tokens)
        for together in _counts("batch", batch)
        if (seen := [one for one in contexts if one >= many])
        for cost in layer_costs(wanted, chip, tokens=many, context=seen, batch=together)
    ]
    if csv is None:
        print(to_csv(costs), end="")
        return
    save_layer_costs(costs, csv)
    print(f"written: {csv}", file=sys.stderr)


def _counts(field: str, words: str) -> list[int]:
    """Read a list of whole numbers."""
    from bitline.errors import wrong_type

    try:
        found = [int(word) for word in words.split(",")]
    except ValueError:
        raise wrong_type(f"--{field}", words, "whole numbers with commas between", near="1,128") from None
    if min(found) < 1:
        raise wrong_type(f"--{field}", words, "a list of numbers from 1 up", near="1,128")
    return found
