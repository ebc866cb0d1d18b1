"""Every name that comes with Bitline: systems with their variants, processors, models."""

from __future__ import annotations

from bitline.report.grid import Grid, left, remark, right
from bitline.report.units import count
from bitline.systems import chip_names, load_chip, system_names
from bitline.workload import Model, load_model, preset_names


def systems() -> Grid:
    """List the systems, each with what it is and with its variants."""
    variants: dict[str, list[str]] = {name: [] for name in system_names()}
    for name in chip_names():
        system, _, variant = name.rpartition("/")
        if name not in variants and system:
            variants[system].append(f"/{variant}")
    return Grid(
        title="Systems",
        columns=(left("system"), remark("what it is"), remark("variants")),
        rows=tuple((name, load_chip(name).summary, " ".join(found)) for name, found in variants.items()),
        note="A variant is named with its system, as in neupims/npu-only; eight of any chip are h100@8.",
    )


def processors() -> Grid:
    """List the processors of the part library that are chips of their own."""
    known = [name for name in chip_names() if name not in system_names() and "/" not in name]
    return Grid(
        title="Other processors",
        columns=(left("name"), remark("what it is")),
        rows=tuple((name, load_chip(name).summary) for name in known),
        note="Rooflines of data sheets, with Bitline's usual shares of both peaks; starting a kernel takes no time.",
    )


def models() -> Grid:
    """List the models, with their size and what they were made for."""
    return Grid(
        title="Models",
        columns=(left("model"), left("family"), left("kind"), right("parameters"), right("context")),
        rows=tuple(_model(load_model(name)) for name in preset_names()),
        note="Context: tokens it was made for. Any config.json of these families can be named by its path, too.",
    )


def _model(one: Model) -> tuple[str, ...]:
    context = f"{one.context_limit:,}" if one.context_limit else ""
    return one.name, one.family, one.design.kind, count(one.parameters), context
