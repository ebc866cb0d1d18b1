"""Costs of operators as a CSV file that a serving simulator can read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from bitline.report.saving import write_whole
from bitline.verbs.layer_costs import LayerCost

COLUMNS = (
    "kind", "block", "layers", "operator", "role", "engine", "tokens", "context", "batch", "seconds", "joules",
)  # fmt: skip


def to_csv(costs: Iterable[LayerCost]) -> str:
    """Write one line for each operator and context; seconds and joules are of one of `layers` alike layers."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in costs:
        words = (one.kind, one.block, one.layers, one.operator, one.role, one.engine, one.tokens)
        columns = one.context.tolist(), one.time_s.tolist(), one.energy_j.tolist()
        for context, time_s, energy_j in zip(*columns, strict=True):
            writer.writerow((*words, context, one.batch, time_s, energy_j))
    return file.getvalue()


def save_layer_costs(costs: Iterable[LayerCost], path: str | Path) -> None:
    """Write costs, of one step or of many, as a CSV file. Raises DataError if it cannot be written."""
    write_whole(path, to_csv(costs))
