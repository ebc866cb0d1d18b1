"""`bitline reproduce`: published figures beside ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bitline.cli.options import Json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bitline.reproduce import Reproduction

NUMBERS = ("published", "ours", "error", "fitted")
FIRST_NUMBERS = 1
"""Columns of words before those of numbers in the table of macros."""
NOT_SHOWN = ("conditions",)
"""In the JSON only: a line has 100 columns."""


def reproduce(
    system: Annotated[str | None, typer.Argument(metavar="SYSTEM", help="A published system, such as xformer.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every system, one after another.")] = False,
    macros: Annotated[
        bool, typer.Option("--macros", help="All published macros in one table, nothing fitted.")
    ] = False,
    survey: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rows of the UIUC survey of macros (CSV), each predicted.")
    ] = None,
    json: Json = False,
) -> None:
    """Print each published figure of a system, ours, the error, and what ours rests on."""
    from bitline.errors import missing, wrong_type
    from bitline.report.terminal import show
    from bitline.reproduce import reproduce as reproduce_system
    from bitline.systems import system_names

    asked = {system or "": system is not None, "--all": every, "--macros": macros, "--survey": survey is not None}
    told = [name for name, there in asked.items() if there]
    if len(told) != 1:
        expected = f"one of {', '.join(system_names())}, or else one of --all, --macros and --survey"
        raise wrong_type("system", " ".join(told), expected) if told else missing("system", expected)
    if survey is not None:
        _show_survey(survey, json=json)
        return
    if macros:
        _show_macros(json=json)
        return
    found = [reproduce_system(name) for name in (system_names() if system is None else (system,))]
    if json:
        _print_json(found)
        return
    for one in found:
        show(_drawn(one))


def _show_macros(*, json: bool) -> None:
    from bitline.report.export import plain
    from bitline.report.grid import Grid, left, right
    from bitline.report.terminal import drawn, show
    from bitline.reproduce import MACRO_COLUMNS, SPREAD_COLUMNS, macro_lines, predictions, spread_lines, spreads

    found = predictions()
    if json:
        import json as writer

        tree = {"schema": "bitline.macros/1", "predictions": plain(found), "spreads": plain(spreads(found))}
        print(writer.dumps(tree, ensure_ascii=False, indent=2))
        return
    rows = macro_lines(one for one in found if one.sort != "throughput")
    columns = tuple(left(name) if place < FIRST_NUMBERS else right(name) for place, name in enumerate(MACRO_COLUMNS))
    of = tuple(left(name) if place == 0 else right(name) for place, name in enumerate(SPREAD_COLUMNS))
    note = (
        "Alone: error of the models without the costs that papers state. Numbers of a description that are stated (S), "
    )
    note += "costs among those (C), assumed (A), fitted (F). Throughput, which follows from stated times, in the JSON."
    calibrated = (
        "Median error: each macro counts once. Inside: published values between our low and high. Calibrated, apart "
    )
    calibrated += "from all else: with one factor common to all macros, found without the one judged."
    show((
        drawn(Grid(title="Macros, predicted and published", columns=columns, rows=rows, note=note)),
        drawn(Grid(title="How far off", columns=of, rows=spread_lines(spreads(found)), note=calibrated)),
    ))  # fmt: skip


def _show_survey(file: Path, *, json: bool) -> None:
    from bitline.report.export import plain
    from bitline.report.grid import Grid, left, right
    from bitline.report.terminal import drawn, show
    from bitline.reproduce import TREND_COLUMNS, compare_survey, trend_lines, trends

    found = compare_survey(file)
    summed = trends(found.points)
    if json:
        import json as writer

        tree = {"schema": "bitline.survey/1", "trends": plain(summed), **plain(found)}
        print(writer.dumps(tree, ensure_ascii=False, indent=2))
        return
    columns = tuple(left(name) if place == 0 else right(name) for place, name in enumerate(TREND_COLUMNS))
    left_out = "; ".join(f"{count} rows left out: {reason}" for reason, count in found.left_out.items())
    title = "Ours over published operations per joule, one-bit operations for the ranks"
    show((drawn(Grid(title=title, columns=columns, rows=trend_lines(summed), note=left_out)),))


def _print_json(found: list[Reproduction]) -> None:
    import json

    from bitline.report.export import plain

    print(json.dumps({"schema": "bitline.reproduction/1", "systems": plain(found)}, ensure_ascii=False, indent=2))


def _drawn(one: Reproduction) -> Iterator[RenderableType]:
    from rich.text import Text

    from bitline.report.grid import Grid, left, remark, right
    from bitline.report.terminal import drawn, sentences
    from bitline.reproduce import COLUMNS, lines, remarks

    shown = [place for place, name in enumerate(COLUMNS) if name not in NOT_SHOWN]
    yield Text.assemble((one.system, "bold"), "\n", (one.summary, "dim"))
    yield drawn(
        Grid(
            title="Published figures",
            columns=tuple(
                remark(name) if name == "what" else right(name) if name in NUMBERS else left(name)
                for name in (COLUMNS[place] for place in shown)
            ),
            rows=tuple(tuple(row[place] for place in shown) for row in lines(one)),
            note="Fitted: parameters of the chips involved that were chosen to meet a published result.",
        )
    )
    yield ""
    yield from sentences(remarks(one), "·")
    yield ""
