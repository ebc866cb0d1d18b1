"""How well the model does on the chip, seed by seed, and what of it runs there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitline.report.grid import Grid, left, remark, right
from bitline.report.units import count, duration, share

if TYPE_CHECKING:
    from bitline.verbs.run import Measured


def seeds(measured: Measured) -> Grid:
    """Show the digital model, then the chip with each seed."""
    digital = measured.accuracies[0].digital
    rows = [
        ("digital", f"{digital.perplexity:.5g}", f"{digital.nats_per_token:.4f}", share(digital.top1_fraction), "", "")
    ]
    for seed, one in zip(measured.seeds, measured.accuracies, strict=True):
        rows.append(
            (
                f"chip, seed {seed}", f"{one.on_chip.perplexity:.5g}", f"{one.on_chip.nats_per_token:.4f}",
                share(one.on_chip.top1_fraction), share(one.agreement_fraction), f"{one.divergence_nats_per_token:.4g}",
            )
        )  # fmt: skip
    return Grid(
        title="Accuracy",
        columns=(
            left("model"), right("perplexity"), right("nats/token"), right("top-1"), right("as digital"),
            right("KL, nats"),
        ),
        rows=tuple(rows),
        note=_scored(measured),
    )  # fmt: skip


def plans(measured: Measured) -> Grid:
    """Show what runs on which engine, and how its arithmetic was computed; modules that agree stand together."""
    groups: dict[tuple[str, str, str], list[tuple[str, ...]]] = {}
    for one in measured.on_chip:
        groups.setdefault((one.engine, one.plan, one.why), []).append(one.roles)
    for other in measured.digital:
        groups.setdefault(("digital", "", other.why), []).append(other.roles)
    rows = tuple(
        (", ".join(dict.fromkeys(role for roles in group for role in roles)), f"{len(group):,}", engine, plan, why)
        for (engine, plan, why), group in groups.items()
    )
    return Grid(
        title="What ran on the chip",
        columns=(remark("roles"), right("modules"), left("engine"), left("plan"), remark("why")),
        rows=rows,
    )


def _scored(measured: Measured) -> str:
    tokens = measured.accuracies[0].on_chip.tokens
    floor = measured.floor_nats_per_token
    known = f" No model can do better than {floor:.4f} nats per token on it." if floor is not None else ""
    aged = f" Cells were read {duration(measured.age_s)} after programming, at {measured.temperature_k:g} K."
    return f"{count(tokens)} tokens scored of: {measured.text}.{known}{aged if measured.age_s else ''}"
