"""Stated costs of a component whose model would otherwise be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.hardware.quantity import NonNegative


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """What a description states about one component; each value given wins over the cost model."""

    energy_j: NonNegative | None = None
    """Of one use."""
    latency_s: NonNegative | None = None
    """Of one use."""
    area_m2: NonNegative | None = None
    """Of one instance."""
    leakage_w: NonNegative | None = None
    """Of one instance: drawn whether it works or not."""
