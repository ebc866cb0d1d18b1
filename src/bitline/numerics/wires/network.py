"""The wires of one array: segment, source and sense resistance, and which ends are connected.

Cell (i, j) joins input line j to output line i. Input line j crosses outputs 0, 1, ... in that order; its driver
sits before output 0, one segment away, and one more segment lies between successive cells. Output line i crosses
inputs 0, 1, ...; a segment follows every cell, and after the last one comes the sense node at 0 V.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import final

import torch
from torch import Tensor

from bitline.errors import outside, wrong_type
from bitline.hardware.wires import WireModel
from bitline.numerics.wires.lines import Lines


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Wires:
    """Resistances around the cells of an array; the default is ideal. Raises `ConfigError` for what cannot be."""

    input_ohm: float = 0.0
    """One segment of an input line (wordline)."""
    output_ohm: float = 0.0
    """One segment of an output line (bitline)."""
    source_ohm: float = 0.0
    """Driver, in series with the first segment of its input line."""
    sense_ohm: float = 0.0
    """Sense amplifier, in series with the last segment of its output line."""
    access_ohm: float = 0.0
    """Transistor in series with every cell, taken as a fixed resistance."""
    driven_twice: bool = False
    """A second driver, with its own segment, stands behind the last output."""
    sensed_twice: bool = False
    """A second sense node, with its own segment, stands before the first input; both currents add up."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_ohm") and not 0.0 <= value < math.inf:
                raise outside(f"wires.{field.name}", value, 0.0, math.inf, "ohm")

    @property
    def ideal(self) -> bool:
        """Whether no line has any resistance; the transistor may."""
        return not (self.input_ohm or self.output_ohm or self.source_ohm or self.sense_ohm)

    def lines(self, outputs: int, inputs: int, *, ahead: int = 0, behind: int = 0, interleaved: bool = False) -> Lines:
        """Give the resistances along lines that cross `outputs` and `inputs` (pairs of them if `interleaved`).

        Output lines also pass `ahead` inputs with open cells before the first, and `behind` after the last.
        """
        before = torch.full((outputs,), self.input_ohm, dtype=torch.float64)
        before[0] += self.source_ohm
        after = torch.full((inputs,), self.output_ohm, dtype=torch.float64)
        after[-1] += self.sense_ohm + behind * self.output_ohm
        if interleaved:
            after = torch.stack((torch.zeros_like(after), after), dim=-1).flatten()
        return Lines(
            before[:, None],
            after,
            _end(self.driven_twice, self.input_ohm + self.source_ohm),
            _end(self.sensed_twice, (1 + ahead) * self.output_ohm + self.sense_ohm),
            interleaved,
        )

    def paths_siemens(self, cells_siemens: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
        """Give the conductance of each cell with its transistor; refuse what is no conductance."""
        if cells_siemens.ndim < 2 or 0 in cells_siemens.shape:
            raise wrong_type(
                "cells_siemens", tuple(cells_siemens.shape), "a shape [..., outputs, inputs] with cells in it"
            )
        least, most = (float(value) for value in cells_siemens.aminmax())
        if not math.isfinite(least) or not math.isfinite(most):
            raise wrong_type("cells_siemens", float("nan"), "finite everywhere")
        if least < 0.0:
            raise outside("cells_siemens", least, 0.0, math.inf, "S")
        cells = cells_siemens.to(dtype)
        return cells / (1.0 + cells * self.access_ohm) if self.access_ohm else cells


def wires_of(model: WireModel) -> Wires:
    """Give the resistances of a described array: wordlines carry inputs, bitlines outputs."""
    return Wires(
        input_ohm=model.wordline_ohm,
        output_ohm=model.bitline_ohm,
        source_ohm=model.driver_ohm,
        sense_ohm=model.sense_ohm,
        access_ohm=model.access_ohm,
        driven_twice=model.drive == "two_sided",
        sensed_twice=model.sense == "two_sided",
    )


def _end(connected: bool, ohm: float) -> Tensor | None:
    # Behind wires of no resistance a second end changes nothing: the first one holds the same node.
    return torch.tensor([ohm], dtype=torch.float64) if connected and ohm else None
