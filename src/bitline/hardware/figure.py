"""A number with its uncertainty and its source: what every cost model returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, final

Amount: TypeAlias = Any
"""A number; or a numpy array of them, one for each design of a sweep."""
Origin = Literal["stated", "modelled", "assumed", "ideal"]
"""Stated in the description, computed by a cost model, filled in without a source, or left out as ideal (0)."""


@final
@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity in the SI unit that the field holding it names."""

    typical: Amount
    source: str
    origin: Origin = "modelled"
    low: Amount | None = None
    """None where no envelope is known: then it equals `typical`."""
    high: Amount | None = None

    def times(self, factor: Amount, source: str = "") -> Figure:
        """Scale the whole envelope, keeping where it came from."""
        return Figure(
            self.typical * factor,
            source or self.source,
            self.origin,
            None if self.low is None else self.low * factor,
            None if self.high is None else self.high * factor,
        )


NOTHING = Figure(0.0, "not counted", "ideal")
"""Costs nothing because the description leaves the part out."""


def stated_or(value: Amount | None, otherwise: Figure, source: str = "stated in the description") -> Figure:
    """Let a value in the description win over the model."""
    return otherwise if value is None else Figure(value, source, "stated")
