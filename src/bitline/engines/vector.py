"""Vector lanes: elementwise and row-wise functions as sums of elementary operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

from bitline.engines.component import Component
from bitline.hardware.arithmetic import Floating
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine, Part, Work
from bitline.hardware.quantity import Bits, Count, Positive
from bitline.operators import MatMul, Operator, Size


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class VectorLanes(Engine):
    """Lanes that each do one elementary operation per cycle; also gathers, routes and, if asked, multiplies."""

    kind: ClassVar[str] = "vector"

    lanes: Count
    """Elementary operations per cycle."""
    clock_hz: Positive
    """Of the lanes."""
    bits: Bits = 16
    """Of a value (floating point), in the lanes and in memory."""
    memory: str | None = None
    """Memory that values come from and go to (embedding rows, keys and values too); none: not counted."""
    activations: str | None = None
    """Memory for the values of functions, if it is another one than `memory`."""
    operations_per_element: Mapping[str, Positive] = field(default_factory=dict)
    """Elementary operations per element, by function; wins over the built-in table and adds functions to it."""
    products: bool = False
    """Runs matrix products too, one multiply-accumulate per lane and cycle, weights from `memory`."""
    lane: Component = field(default_factory=Component)
    """One use per elementary operation, whichever; one instance per lane."""

    @property
    def units(self) -> int:
        """None: nothing is held."""
        return 0

    @property
    def resident(self) -> bool:
        """Nothing stays."""
        return False

    def runs(self, operator: Operator) -> bool:
        """All but products, and those if asked."""
        raise NotImplementedError

    def claim(self, operator: MatMul) -> Size:  # noqa: ARG002
        """None."""
        return 0

    def work(self, operator: Operator, copies: int = 1) -> Work:
        """Count elementary operations and bits moved."""
        raise NotImplementedError

    def rewrite(self, operator: MatMul) -> Work:  # noqa: ARG002
        """Nothing is written."""
        return Work(stream={})

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price the parts."""
        raise NotImplementedError

    def arithmetic(self) -> Floating:
        """Floating point of the stated width."""
        return Floating(bits=self.bits)

    def peak_macs_per_s(self, chip: Chip) -> float:  # noqa: ARG002
        """One product per lane and cycle, if it runs products."""
        return self.lanes * self.clock_hz if self.products else 0.0
