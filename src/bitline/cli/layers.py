"""`bitline layers`: a table of what each operator takes, for other programs."""

from __future__ import annotations

import sys
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bitline.cli.answer import check_files
from bitline.cli.options import Model, On, Sinks, Window

if TYPE_CHECKING:
    from bitline.workload import Model as Wanted

TOKENS, CONTEXTS = "1,128,512", "128,256,512,1024,2048"


def layers(
    model: Model,
    on: On,
    tokens: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Tokens each request puts through: 1 for decode steps.", show_default=TOKENS),
    ] = None,
    context: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="Tokens it looks back on, those included; shorter ones are left out.",
            show_default=f"{CONTEXTS}, as far as positions go",
        ),
    ] = None,
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
    costs = [
        cost
        for many, seen in _steps(wanted, tokens, context)
        for together in _counts("batch", batch)
        for cost in layer_costs(wanted, chip, tokens=many, context=seen, batch=together)
    ]
    if csv is None:
        print(to_csv(costs), end="")
        return
    save_layer_costs(costs, csv)
    print(f"written: {csv}", file=sys.stderr)


def _steps(model: Wanted, tokens: str | None, context: str | None) -> list[tuple[int, list[int]]]:
    """Pair tokens with what they look back on; what nobody asked for goes no further than positions do."""
    from bitline.errors import wrong_type

    last = model.design.position_rows or inf
    many = [one for one in _counts("tokens", tokens or TOKENS) if tokens or one <= last]
    if not model.is_decoder:
        if context is not None:
            raise wrong_type("--context", context, f"for {model.name}: an encoder sees its tokens at once, all of them")
        return [(one, [one]) for one in many]
    seen = [one for one in _counts("context", context or CONTEXTS) if context or one <= last]
    steps = [(one, longer) for one in many if (longer := [far for far in seen if far >= one])]
    if not steps:
        raise wrong_type(
            "--context",
            context or CONTEXTS,
            f"a list with a number from {min(many)} up, the tokens that are put through",
        )
    return steps


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
