"""`bitline sensitivity`: which layer and which effect of a chip costs how much."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bitline.cli.answer import check_files
from bitline.cli.options import Json, Report


def sensitivity(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="`embedded`, or a folder with a checkpoint.")
    ] = "embedded",
    on: Annotated[str, typer.Option(metavar="CHIP", help="A chip's name or the path of its description.")] = "default",
    effects: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Effects to look at, such as weights,converter.", show_default="all"),
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Layers to look at, such as 0,3,ends.", show_default="all"),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="WORD", help="What goes on the chip together: layer, role or both.", show_default="both"),
    ] = None,
    text: Annotated[Path | None, typer.Option(metavar="FILE", help="Text to score; embedded needs none.")] = None,
    tokens: Annotated[int | None, typer.Option(help="About how many tokens to score.", show_default="1024")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the chip, with all its errors.", show_default="0")] = None,
    age: Annotated[float | None, typer.Option(help="Seconds after programming.", show_default="0")] = None,
    kelvin: Annotated[float | None, typer.Option(help="Temperature while scoring.", show_default="300")] = None,
    report: Report = None,
    json: Json = False,
) -> None:
    """Tell which layer and which effect of a chip costs how much accuracy, one at a time and all together."""
    check_files(report)
    from bitline.cli.progress import shown
    from bitline.verbs.examine import Examination, examine
    from bitline.verbs.sensitivity import Probe

    asked = {"effects": _list(effects), "layers": _list(layers), "by": by, "seed": seed, "age_s": age}
    asked["temperature_k"] = kelvin
    probe = Probe(**{name: value for name, value in asked.items() if value is not None})  # type: ignore[arg-type]
    given = {"text": text, "tokens": tokens, "probe": probe}
    examination = Examination(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    with shown() as progress:
        found = examine(model, on, examination, progress=progress)
    from bitline.report.sensitivity import give

    give(found, json=json, report=report)


def _list(words: str | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(word.strip() for word in words.split(","))
