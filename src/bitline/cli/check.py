"""`bitline check`: is a description right, and how much of it rests on a source."""

from __future__ import annotations

from typing import Annotated

import typer


def check(
    chip: Annotated[str, typer.Argument(metavar="CHIP", help="A chip's name or the path of its description.")],
) -> None:
    """Check a chip description; what is wrong is told with file, line, field, value and what is allowed."""
    from bitline.hardware import facts, tally
    from bitline.report.provenance_grids import counts
    from bitline.systems import load_chip
    from bitline.verbs.unmatched import unmatched

    described = load_chip(chip)
    engines = f"{len(described.engines)} engine" + ("" if len(described.engines) == 1 else "s")
    print(f"{chip}: {described.name} is a valid description; {engines}.")
    print(f"Numbers: {counts(tally(facts(described)))}.")
    for told in unmatched(described):
        print(f"! {told}")
