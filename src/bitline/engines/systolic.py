"""Systolic arrays: weights preloaded into a grid of processing elements, vectors streamed through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, final

from bitline.engines.component import Component
from bitline.hardware.arithmetic import Floating, Integer
from bitline.hardware.array import InputFormat, WeightFormat
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine, Part, Work
from bitline.hardware.quantity import Bits, Count, Positive
from bitline.operators import MatMul, Operator, Size


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Systolic(Engine):
    """Weight-stationary grids fed from a memory; integer if `weight` and `input` are given, else floating."""

    kind: ClassVar[str] = "systolic"

    rows: Count
    """Processing elements along the summed dimension."""
    columns: Count
    """Processing elements along the outputs."""
    clock_hz: Positive
    """One multiply-accumulate per processing element and cycle."""
    memory: str = field()
    """Memory that holds weights, keys and values."""
    arrays: Count = 1
    """Equal grids side by side."""
    activations: str | None = None
    """Memory that inputs come from and outputs go to; none: that traffic is not counted."""
    weight: WeightFormat | None = None
    """Integer weights; absent: floating."""
    input: InputFormat | None = None
    """Integer inputs; absent: floating."""
    floating_bits: Bits = 16
    """Width of a value when floating."""
    skips_masked: bool = False
    """Leaves out the products that a causal or window mask throws away (whole tiles)."""
    mac: Component = field(default_factory=Component)
    """One use per multiply-accumulate; its area and standing power are of one processing element."""

    @property
    def units(self) -> int:
        """None: weights stream from the memory."""
        return 0

    @property
    def resident(self) -> bool:
        """Nothing stays."""
        return False

    def runs(self, operator: Operator) -> bool:
        """Every matrix product."""
        return isinstance(operator, MatMul)

    def claim(self, operator: MatMul) -> Size:  # noqa: ARG002
        """None."""
        return 0

    def work(self, operator: Operator, copies: int = 1) -> Work:
        """Count cycles, products and bits streamed."""
        raise NotImplementedError

    def rewrite(self, operator: MatMul) -> Work:  # noqa: ARG002
        """Nothing is written."""
        return Work(stream={})

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price the parts."""
        raise NotImplementedError

    def arithmetic(self) -> Integer | Floating:
        """Integer if both formats are given, else floating."""
        if self.weight is None or self.input is None:
            return Floating(bits=self.floating_bits)
        return Integer(weight=self.weight, input=self.input)

    def peak_macs_per_s(self, chip: Chip) -> float:  # noqa: ARG002
        """One product per processing element and cycle."""
        return self.arrays * self.rows * self.columns * self.clock_hz
