"""Stated costs of a component whose model would otherwise be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.hardware.engine import Part
from bitline.hardware.figure import NOTHING, Figure, stated_or
from bitline.hardware.quantity import NonNegative

NO_STANDING = Figure(0.0, "standing power not stated: not counted", "ideal")


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

    def part(
        self,
        name: str,
        instances: int,
        *,
        energy_j: Figure = NOTHING,
        latency_s: Figure = NOTHING,
        area_m2: Figure = NOTHING,
        uses: float = 1.0,
    ) -> Part:
        """Make a part: what is stated, else the given models; a use of the part is `uses` uses of this."""
        stated_j = None if self.energy_j is None else self.energy_j * uses
        return Part(
            name=name,
            energy_j=stated_or(stated_j, energy_j),
            latency_s=stated_or(self.latency_s, latency_s),
            instances=instances,
            area_m2=stated_or(self.area_m2, area_m2),
            leakage_w=stated_or(self.leakage_w, NO_STANDING),
        )
