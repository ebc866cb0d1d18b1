"""Normalisation of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.operators import Size, Vector
from bitline.workload.page import After, Page


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """A gain per value, after dividing by the spread of the row; `affine` only scales and shifts (MobileBERT)."""

    function: Literal["layernorm", "rmsnorm", "affine"]
    bias: bool = False

    def write(self, page: Page, name: str, width: int, after: After, *, rows: Size | None = None) -> After:
        """Normalise rows of `width` values."""
        rows = page.step.rows if rows is None else rows
        operator = Vector(name=name, role="norm", function=self.function, elements=rows * width, rows=rows, after=after)
        return page.add(operator, parameters=width * (2 if self.bias else 1))


RMSNORM = Norm(function="rmsnorm")
LAYERNORM = Norm(function="layernorm", bias=True)
