"""Room in the memories of several stages: layers are dealt out, what stands once is on the first stage or the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """What lies in one memory of every stage. Layers are taken to be alike, their keys and values too."""

    layers: int = 1
    """Of all stages."""
    first_bytes: float = 0.0
    """Weights and tables that stand before the layers."""
    last_bytes: float = 0.0
    """Those that stand behind them."""

    def room_bytes(self, each_bytes: float, stages: int) -> float:
        """Give what all stages can hold together, each of them so many bytes: some stage is full first."""
        once_bytes = self.first_bytes + self.last_bytes
        if stages == 1:
            return each_bytes
        fits = [(each_bytes - ends) * self.layers / count for count, ends in self._dealt(stages) if count]
        return max(min(fits) + once_bytes, each_bytes)

    def _dealt(self, stages: int) -> list[tuple[int, float]]:
        """Give the layers of a stage and what else is on it: with one layer more than others where there is least."""
        count, more = divmod(self.layers, stages)
        less, most = sorted((self.first_bytes, self.last_bytes))
        found = [(count + (more > stages - 2), less), (count, most)]
        return [*found, (count + (more > 0), 0.0)] if stages > 2 else found
