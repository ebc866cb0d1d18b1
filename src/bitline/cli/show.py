"""`bitline show`: what a chip or a model is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType


def show(
    name: Annotated[
        str | None,
        typer.Argument(metavar="CHIP|MODEL", help="A name, or the path of a description; without one, all names."),
    ] = None,
) -> None:
    """Explain a chip (capacity, peak, area, power, where each number is from) or a model (its matrices)."""
    from bitline.report.terminal import show as print_parts

    if name is None:
        print_parts(_names())
        return
    print_parts(_chip(name) if _is_chip(name) else _model(name))


def _names() -> Iterator[RenderableType]:
    from bitline.report import name_grids
    from bitline.report.terminal import drawn

    for grid in (name_grids.systems(), name_grids.processors(), name_grids.models()):
        yield drawn(grid)


def _is_chip(name: str) -> bool:
    """Tell chips from models: by name, or by the file that describes it."""
    from bitline.errors import not_one_of
    from bitline.systems import chip_names, is_chip_name
    from bitline.workload import preset_names

    path = Path(name)
    if is_chip_name(name) or path.suffix in (".yaml", ".yml") or (path / "chip.yaml").is_file():
        return True
    if name.lower() in preset_names() or path.exists() or path.suffix == ".json":
        return False
    raise not_one_of("chip or model", name, (*chip_names(), *preset_names()))


def _chip(name: str) -> Iterator[RenderableType]:
    from rich.text import Text

    from bitline.hardware import overview_of
    from bitline.report import chip_grids, provenance_grids
    from bitline.report.terminal import drawn
    from bitline.report.units import area
    from bitline.systems import load_chip

    chip = load_chip(name)
    seen = overview_of(chip)
    devices = f"; one of {chip.devices.all} such devices" if chip.devices.all > 1 else ""
    size = f"{area(seen.area_m2)} in all" if seen.area_m2 else "no area known"
    yield Text.assemble((seen.name, "bold"), "\n", (seen.summary, "dim"), "\n", f"{size}{devices}")
    yield drawn(chip_grids.capacity(seen))
    if chip.memories:
        yield drawn(chip_grids.memories(chip, seen))
    yield drawn(chip_grids.parts(seen))
    yield drawn(chip_grids.sources(seen))
    yield drawn(provenance_grids.standing(seen.tally))
    yield drawn(provenance_grids.facts(seen.facts))
    disputed = provenance_grids.conflicts(chip.provenance.conflicts.items())
    if disputed:
        yield drawn(disputed)


def _model(name: str) -> Iterator[RenderableType]:
    from rich.text import Text

    from bitline.report import model_grids
    from bitline.report.terminal import drawn, lines
    from bitline.workload import load_model, preset_source

    model = load_model(name)
    yield Text(model.name, "bold")
    yield lines(model_grids.about(model))
    yield drawn(model_grids.matrices(model))
    source = preset_source(name.lower())
    if source:
        yield Text(
            f"\nNumbers from: {source.source} ({source.tag}){' ' + source.note if source.note else ''}", style="dim"
        )
