"""A graphics processor as a roofline: compute, bandwidth, and an overhead per kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

from bitline.engines.component import Component
from bitline.hardware.arithmetic import Floating
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine, Part, Work
from bitline.hardware.quantity import Bits, Fraction, NonNegative, Positive
from bitline.operators import MatMul, Operator, Size


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu(Engine):
    """Runs everything; the slower of arithmetic and memory sets the time of a kernel."""

    kind: ClassVar[str] = "gpu"

    dense_macs_per_s: Mapping[str, Positive]
    """Peak dense multiply-accumulates per second by number format (fp32, fp16, int8, ...): half the operations."""
    memory: str = field()
    """Memory that holds weights, caches and activations."""
    format: str = "fp16"
    """Which of the peaks is used."""
    bits: Bits = 16
    """Of a value in memory."""
    vector_operations_per_s: Positive | None = None
    """Peak of elementwise arithmetic; that of fp32 products (or of the used format) if not given."""
    compute_efficiency_fraction: Fraction = 1.0
    """Share of the peak that kernels reach when arithmetic limits them."""
    bandwidth_efficiency_fraction: Fraction = 1.0
    """Share of the memory's bandwidth that kernels reach when it limits them."""
    activation_traffic_fraction: Fraction = 1.0
    """Share of inputs and outputs that pass through memory; the rest stays in caches or is fused away."""
    kernel_overhead_s: NonNegative = 0.0
    """Per operator of a layer, before it starts."""
    board_power_w: Positive | None = None
    """Drawn all the time; then neither arithmetic nor memory is charged apart (set the memory's energy to 0 too)."""
    mac: Component = field(default_factory=Component)
    """One use per multiply-accumulate; its area and standing power are of the whole chip."""

    @property
    def units(self) -> int:
        """None: weights stream from the memory."""
        return 0

    @property
    def resident(self) -> bool:
        """Nothing stays."""
        return False

    def runs(self, operator: Operator) -> bool:  # noqa: ARG002
        """Everything."""
        return True

    def claim(self, operator: MatMul) -> Size:  # noqa: ARG002
        """None."""
        return 0

    def work(self, operator: Operator, copies: int = 1) -> Work:
        """Count products, elementary operations and bits moved."""
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
        """Give the stated dense peak of the used format."""
        return self.dense_macs_per_s[self.format]
