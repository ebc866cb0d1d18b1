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

    def input_segments_ohm(self, outputs: int) -> Tensor:
        """Give the resistance before each crossing of an input line `[outputs]`, the driver's included."""
        segments = torch.full((outputs,), self.input_ohm, dtype=torch.float64)
        segments[0] += self.source_ohm
        return segments

    def output_segments_ohm(self, inputs: int) -> Tensor:
        """Give the resistance after each crossing of an output line `[inputs]`, the sense node's included."""
        segments = torch.full((inputs,), self.output_ohm, dtype=torch.float64)
        segments[-1] += self.sense_ohm
        return segments

    def paths_siemens(self, cells_siemens: Tensor) -> Tensor:
        """Give the conductance of each cell with its transistor, as float64; refuse what is no conductance."""
        cells = cells_siemens.to(torch.float64)
        if cells.ndim < 2 or 0 in cells.shape:
            raise wrong_type("cells_siemens", tuple(cells.shape), "a shape [..., outputs, inputs] with cells in it")
        if not bool(torch.isfinite(cells).all()):
            raise wrong_type("cells_siemens", float("nan"), "finite everywhere")
        if bool((cells < 0).any()):
            raise outside("cells_siemens", float(cells.min()), 0.0, math.inf, "S")
        return cells / (1.0 + cells * self.access_ohm)
