"""`bitline sweep`: macros of many designs, the best of them in a table, all of them in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bitline.cli.options import Json

if TYPE_CHECKING:
    from bitline.verbs.sweep import Sweep

SHOWN = 12


def sweep(
    chip: Annotated[str, typer.Argument(metavar="CHIP", help="A chip's name or the path of its description.")],
    vary: Annotated[
        list[str], typer.Option(metavar="FIELD=VALUES", help="Such as adc.bits=4..10 or array.rows=64,128,256.")
    ],
    engine: Annotated[str | None, typer.Option(metavar="NAME", help="The first that holds matrices, if not given.")] = (
        None
    ),
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all designs, one a line.")] = None,
    json: Json = False,
) -> None:
    """Work out the macro of a chip for every combination of some numbers: the best by energy, area and both."""
    from bitline.report.designs import designs_grid, json_of, save_designs
    from bitline.report.terminal import drawn, show
    from bitline.systems import load_chip
    from bitline.verbs.axes import parse_axes
    from bitline.verbs.sweep import sweep as sweep_designs

    found: Sweep = sweep_designs(load_chip(chip), parse_axes(vary), engine=engine)
    if csv is not None:
        save_designs(found, csv)
    if json:
        print(json_of(found))
    else:
        show((drawn(designs_grid(found, SHOWN, "" if csv is None else f"in {csv}")),))
