"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Model: TypeAlias = Annotated[
    str, typer.Argument(metavar="MODEL", help="`embedded`, a preset's name, a config.json, or a folder with one.")
]
On: TypeAlias = Annotated[str, typer.Option(metavar="CHIP", help="A chip's name or the path of its description.")]
Report: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a page with plots (HTML, opens offline).")
]
Trace: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the timeline of one layer, for ui.perfetto.dev.")
]
Window: TypeAlias = Annotated[
    int | None, typer.Option(help="Attention sees so many of the last tokens.", show_default="as the model was made")
]
Sinks: TypeAlias = Annotated[int, typer.Option(help="With a window: and so many of the first tokens.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
